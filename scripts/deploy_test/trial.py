"""The whole trial: build, deploy, relay, upgrade, relay."""

# ruff: noqa: S603, S607

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from local.demo.stage import RelayClient, StandIns, stand_ins
from scripts.deploy_test.emulator import ROOT, Emulator
from scripts.deploy_test.scenario import Scenario
from scripts.deploy_test.stack import DeployedStack, DeployFailed, build

# The setting of each parameter that leads the relay to the stand-ins.
_PARAMETERS = {
    "KookApiBase": "KOOK_API_BASE",
    "KookAssetBase": "KOOK_ASSET_BASE",
    "DiscordApiBase": "DISCORD_API_BASE",
    "TelegramApiBase": "TELEGRAM_API_BASE",
    "FeishuApiBase": "FEISHU_API_BASE",
    "OutboundAllow": "OUTBOUND_ALLOW",
}


@dataclass(frozen=True, slots=True)
class Deployed:
    """How many resources of each type the template has, all of which were made; and the commit upgraded from, "" where
    the repository's history is not here."""

    resources: Counter[str]
    upgraded_from: str


def run_trial(say: Callable[[str], None]) -> Deployed:
    """``say`` is told each step that came out right. Raises DeployFailed, EmulatorFailed and
    subprocess.TimeoutExpired."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kook-relay-deploy-test-")))
        built = build(ROOT)
        say("built")
        commit, previous = _previous_build(folder, say)
        emulator = stack.enter_context(Emulator(folder))
        stage = stack.enter_context(stand_ins())
        try:
            made = _deploy_and_upgrade(DeployedStack(emulator, folder), stage, built, previous, say)
        except (DeployFailed, RuntimeError) as failure:
            raise DeployFailed(f"{failure}\n--- {emulator.function_errors()}\n--- {emulator.log()}") from None
        return Deployed(made, commit)


def _deploy_and_upgrade(
    stack: DeployedStack, stage: StandIns, built: Path, previous: Path | None, say: Callable[[str], None]
) -> Counter[str]:
    api_token = secrets.token_urlsafe(32)
    settings = stage.environment()
    parameters = {name: settings[setting] for name, setting in _PARAMETERS.items()} | {"ApiToken": api_token}
    wanted = stack.deploy(previous or built, _known(parameters, previous or built))
    say(f"sam deploy made the stack{' of the previous commit' if previous else ''}")

    scenario = Scenario(RelayClient(stack.http_url(), api_token), stage, say)
    scenario.configure()
    scenario.relay_an_event()
    if previous:
        held = scenario.hold_an_event()
        wanted = stack.deploy(built, _known(parameters, built))
        say("sam deploy upgraded the stack to this commit")
        scenario.survive_the_upgrade(held)
        scenario.relay_an_event()
    say(f"the console's {stack.upload_console()} files were uploaded to the stack's bucket, and the second time none")
    return stack.check_resources(wanted)


def _known(parameters: dict[str, str], built: Path) -> dict[str, str]:
    """An older template may not have every parameter."""
    declared = yaml.safe_load((built / "template.yaml").read_text(encoding="utf-8"))["Parameters"]
    return {name: value for name, value in parameters.items() if name in declared}


def _previous_build(folder: Path, say: Callable[[str], None]) -> tuple[str, Path | None]:
    """The commit to upgrade from and its build; nothing, said so, where the repository's history is not here."""
    changed = _git("log", "-1", "--first-parent", "--format=%H", "--", "functions", "shared", "template.yaml")
    commit = os.environ.get("DEPLOY_TEST_FROM") or f"{changed.stdout.strip()[:12]}^"
    archive = folder / "previous.tar"
    done = _git("archive", "--output", str(archive), commit)
    if done.returncode != 0:
        say(f"NOT RUN: the upgrade from {commit}, because it is not in this repository: {done.stderr.strip()[:200]}")
        return "", None
    source = folder / "previous"
    with tarfile.open(archive) as files:
        files.extractall(source, filter="data")
    built = build(source)
    say(f"built {commit}, to upgrade from")
    return commit, built


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
