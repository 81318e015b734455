"""`make deploy-test`. DEPLOY_TEST_FROM names the commit that is upgraded from (HEAD^)."""

# ruff: noqa: S603, S607, T201

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from types import FrameType

import yaml

from local.demo.stage import RelayClient, StandIns, stand_ins
from scripts.deploy_test.emulator import ROOT, Emulator, EmulatorFailed
from scripts.deploy_test.scenario import Scenario
from scripts.deploy_test.stack import DeployedStack, DeployFailed, build

_STARTED = time.monotonic()
# The setting of each parameter that leads the relay to the stand-ins.
_PARAMETERS = {
    "KookApiBase": "KOOK_API_BASE",
    "KookAssetBase": "KOOK_ASSET_BASE",
    "DiscordApiBase": "DISCORD_API_BASE",
    "TelegramApiBase": "TELEGRAM_API_BASE",
    "FeishuApiBase": "FEISHU_API_BASE",
    "OutboundAllow": "OUTBOUND_ALLOW",
}


def say(text: str) -> None:
    print(f"[{time.monotonic() - _STARTED:5.1f} s] {text}", flush=True)


def main() -> int:
    """The exit code: 0 for everything that had to run, and passed; 1 for a failure."""
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kook-relay-deploy-test-")))
        try:
            built = build(ROOT)
            say("built")
            emulator = stack.enter_context(Emulator(folder))
            stage = stack.enter_context(stand_ins())
            try:
                _run(emulator, stage, built, _previous_build(folder), folder)
            except (DeployFailed, RuntimeError) as failure:
                raise DeployFailed(f"{failure}\n--- {emulator.function_errors()}\n--- {emulator.log()}") from None
        except (DeployFailed, EmulatorFailed, subprocess.TimeoutExpired) as failure:
            print(f"deploy-test failed: {failure}", file=sys.stderr)
            return 1
    say("passed")
    return 0


def _run(emulator: Emulator, stage: StandIns, built: Path, previous: Path | None, folder: Path) -> None:
    api_token = secrets.token_urlsafe(32)
    settings = stage.environment()
    parameters = {name: settings[setting] for name, setting in _PARAMETERS.items()} | {"ApiToken": api_token}
    stack = DeployedStack(emulator, folder)
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
    made = stack.check_resources(wanted)
    say(f"all of the template's {made.total()} resources were made:")
    for kind, count in sorted(made.items()):
        print(f"  {count:4d}  {kind}")


def _known(parameters: dict[str, str], built: Path) -> dict[str, str]:
    """An older template may not have every parameter."""
    declared = yaml.safe_load((built / "template.yaml").read_text(encoding="utf-8"))["Parameters"]
    return {name: value for name, value in parameters.items() if name in declared}


def _previous_build(folder: Path) -> Path | None:
    """The build of the commit to upgrade from; None, said so, where the repository's history is not here."""
    commit = os.environ.get("DEPLOY_TEST_FROM") or "HEAD^"
    archive = folder / "previous.tar"
    done = subprocess.run(
        ["git", "archive", "--output", str(archive), commit],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        say(f"NOT RUN: the upgrade from {commit}, because it is not in this repository: {done.stderr.strip()[:200]}")
        return None
    source = folder / "previous"
    with tarfile.open(archive) as files:
        files.extractall(source, filter="data")
    built = build(source)
    say(f"built {commit}, to upgrade from")
    return built


def _stop(number: int, frame: FrameType | None) -> None:
    # As an exception, so that everything that was brought up is taken down again.
    raise SystemExit(128 + number)


if __name__ == "__main__":
    try:
        code = main()
    except KeyboardInterrupt:
        code = 130
    raise SystemExit(code)
