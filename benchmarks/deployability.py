"""What of the template an AWS emulator makes, an event through the deployed stack, and an upgrade in place."""

from __future__ import annotations

from benchmarks.result import Aim, NotRun, Result, Table
from scripts.deploy_test.emulator import ROOT, VENV
from scripts.deploy_test.trial import run_trial


def run(rounds: int) -> Result:
    """Once, whatever ``rounds`` says: nothing is timed. Raises NotRun without the tools, and DeployFailed,
    EmulatorFailed and subprocess.TimeoutExpired when the trial fails."""
    if not all(path.exists() for path in (VENV / "bin" / "ministack", ROOT / ".venv-sam" / "bin" / "sam")):
        raise NotRun("the emulator and SAM are not installed: run `make deploy-test` once")
    steps: list[str] = []
    deployed = run_trial(steps.append)
    total = deployed.resources.total()
    return Result(
        method=(
            "`make deploy-test`: sam deploy to ministack, which enforces IAM, of the commit before the last change of "
            "what is deployed; events of stand-in KOOK relayed to stand-in Discord, Telegram and Feishu; sam deploy of "
            "this commit in place. Every resource of the template was made, and every step below passed."
        ),
        tables=[
            Table(
                ["step"], [[step] for step in steps], caption=f"Upgraded from {deployed.upgraded_from or 'nothing'}."
            ),
            Table(["resource type", "made"], [[kind, count] for kind, count in sorted(deployed.resources.items())]),
        ],
        aims=[
            Aim("resources of the template that were made", total, "at least", total),
            Aim("upgrades that kept the data", int(bool(deployed.upgraded_from)), "at least", 1),
        ],
        notes=[
            "The one resource left out is the alarms' e-mail subscription: no address is given.",
            "The routes of the HTTP API are declared one by one for the emulator, which does not read the OpenAPI body "
            "that SAM makes, and batch calls of SQS are allowed by their own names (scripts/deploy_test/unrolled.py).",
        ],
    )
