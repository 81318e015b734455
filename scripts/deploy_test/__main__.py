"""`make deploy-test`. DEPLOY_TEST_FROM names the commit that is upgraded from; else it is the one before the last that
changed what is deployed."""

# ruff: noqa: T201

from __future__ import annotations

import subprocess
import sys
import time

from scripts.deploy_test.emulator import EmulatorFailed
from scripts.deploy_test.stack import DeployFailed
from scripts.deploy_test.trial import run_trial
from scripts.trial_processes import exit_code_of

_STARTED = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - _STARTED:5.1f} s] {text}", flush=True)


def main() -> int:
    """The exit code: 0 for everything that had to run, and passed; 1 for a failure."""
    try:
        deployed = run_trial(say)
    except (DeployFailed, EmulatorFailed, subprocess.TimeoutExpired) as failure:
        print(f"deploy-test failed: {failure}", file=sys.stderr)
        return 1
    say(f"all of the template's {deployed.resources.total()} resources were made:")
    for kind, count in sorted(deployed.resources.items()):
        print(f"  {count:4d}  {kind}")
    say("passed")
    return 0


if __name__ == "__main__":
    raise SystemExit(exit_code_of(main))
