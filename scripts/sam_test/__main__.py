"""`make sam-test`. SAM_TEST_CONTAINERS: ``require`` (the default) fails where no containers can be run, ``auto`` says
what was left out and succeeds, ``off`` only validates and builds."""

# ruff: noqa: T201

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.intrinsics import load_yaml
from scripts.sam_test import sam
from scripts.sam_test.base_image import BaseImageFailed, Interpreter
from scripts.sam_test.build_check import BuildUnfit, check_build
from scripts.sam_test.call_recording import RecordingProxy
from scripts.sam_test.container_engine import ContainersUnavailable, container_engine
from scripts.sam_test.forwarding import Forwarder
from scripts.sam_test.key_service import KeyService
from scripts.sam_test.permissions import PermissionMissing, PermissionWatch
from scripts.sam_test.sam import ROOT, LocalFunctions, SamFailed
from scripts.sam_test.scenario import Scenario, expect
from scripts.sam_test.state import StateUnavailable, state
from scripts.trial_processes import exit_code_of
from tests.standins.discord import DiscordStandIn
from tests.standins.kook import KookStandIn

_MODES = ("auto", "require", "off")
_FAILURES = (SamFailed, BaseImageFailed, BuildUnfit, PermissionMissing, StateUnavailable, subprocess.TimeoutExpired)
_STARTED = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - _STARTED:5.1f} s] {text}", flush=True)


def main() -> int:
    """The exit code: 0 for everything that had to run, and passed; 1 for a failure; 2 for a wrong setting."""
    mode = os.environ.get("SAM_TEST_CONTAINERS") or "require"
    if mode not in _MODES:
        print(f"SAM_TEST_CONTAINERS is {mode!r}; it may be {', '.join(_MODES)}", file=sys.stderr)
        return 2
    try:
        Interpreter.find()
        sam.validate()
        say("the template is valid")
        sam.build()
        say(f"built: {check_build(sam.BUILD)}")
        if mode == "off":
            say("NOT RUN, as SAM_TEST_CONTAINERS=off asks: the functions in containers")
            return 0
        run_in_containers()
    except (
        SamFailed,
        BaseImageFailed,
        BuildUnfit,
        PermissionMissing,
        StateUnavailable,
        subprocess.TimeoutExpired,
    ) as failure:
        print(f"sam-test failed: {failure}", file=sys.stderr)
        return 1
    except ContainersUnavailable as reason:
        say(f"NOT RUN: the functions in containers, because {reason}")
        return 0 if mode == "auto" else 1
    say("passed")
    return 0


def run_in_containers() -> None:
    """Bring everything up, run the scenario, take everything down. Raises SamFailed and the other failures."""
    template = load_yaml((ROOT / "template.yaml").read_text(encoding="utf-8"))
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(container_engine(say))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kook-relay-sam-test-")))
        store = stack.enter_context(state(folder / "state"))
        keys = stack.enter_context(KeyService("arn:aws:kms:us-east-1:123456789012:key/sam-test"))
        discord = stack.enter_context(DiscordStandIn())
        kook = stack.enter_context(KookStandIn())

        watch = PermissionWatch(template, store.logical_ids | {keys.key_id: "DataKey"})

        def watched(port: int) -> str:
            """The URL at which containers find an engine, with every call noted."""
            return stack.enter_context(RecordingProxy(engine.host_address, port, watch.note)).url

        def reachable(port: int) -> str:
            """The URL at which containers find a server of this machine's loopback."""
            return stack.enter_context(Forwarder(engine.host_address, port)).url

        api_token = secrets.token_urlsafe(32)
        variables = store.variables(_declared_variables(template)) | {
            "AWS_ENDPOINT_URL_DYNAMODB": watched(store.dynamodb_port),
            "AWS_ENDPOINT_URL_SQS": watched(store.sqs_port),
            "AWS_ENDPOINT_URL_KMS": watched(keys.port),
            "KMS_KEY_ID": keys.key_id,
            "API_TOKEN": api_token,
            "KOOK_API_BASE": f"{reachable(kook.port)}/api/v3",
            "DISCORD_API_BASE": f"{reachable(discord.port)}/api/v10",
            "OUTBOUND_ALLOW": engine.network,
        }
        say("tables, queues, a key service and stand-ins of KOOK and Discord are up")
        functions = LocalFunctions(engine.docker_host, variables, folder)
        Scenario(functions, store, discord, api_token, watch, say).run()
        say(f"every one of {watch.check()} different AWS calls is allowed by its function's role")
        expect("data keys made", keys.calls.get("GenerateDataKeyWithoutPlaintext"), 1)


def _declared_variables(template: Mapping[str, Any]) -> dict[str, Any]:
    """Every environment variable of the template's functions."""
    declared: dict[str, Any] = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            declared |= resource["Properties"]["Environment"]["Variables"]
    return declared


if __name__ == "__main__":
    raise SystemExit(exit_code_of(main))
