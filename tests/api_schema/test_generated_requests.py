"""Generated requests to every endpoint of the four OpenAPI documents, against the embedded stack.

Schemathesis makes them from the documents: examples, boundary values, random ones, and chains in which one answer's ids
go into the next request. None may be answered with a server error, and none otherwise than the document says.
`make api-test` is short and makes the same requests each time, `make api-test-long` makes many more from another seed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api_schema.campaigns import Campaign, campaigns
from tests.api_schema.seeded_stack import Seeded, seeded_stack
from tests.embedded import REPOSITORY_ROOT

MAX_EXAMPLES = os.environ.get("API_TEST_EXAMPLES", "3")
THOROUGH = int(MAX_EXAMPLES) > 10
SEED = os.environ.get("API_TEST_SEED", "20261121")
# One stack for each of these: what one campaign deletes the next would miss.
GROUPS = {
    "relay": ("relay",),
    "robots": ("robots",),
    "monitor": ("monitor",),
    "accounts": ("accounts",),
    "guests and lock-outs": (
        "guests of relay",
        "guests of accounts",
        "guests of robots",
        "guests of monitor",
        "locking out of the relay",
        "locking out of the monitor",
        "changing the monitor's key",
    ),
}
# What shared.web.application logs before it answers 500.
_UNEXPECTED = "unexpected failure"

pytestmark = [pytest.mark.timeout(7200)]


@pytest.mark.parametrize("group", GROUPS)
def test_every_answer_is_as_documented(group: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    with seeded_stack(tmp_path) as seeded:
        planned = campaigns(seeded)
        for name in GROUPS[group]:
            with subtests.test(name):
                _carry_out(planned[name], seeded, tmp_path / name.replace(" ", "-"))
        assert _UNEXPECTED not in seeded.stack.output()
        assert not seeded.outside.strangers(), "something was asked for outside of the stand-ins"


def _carry_out(campaign: Campaign, seeded: Seeded, folder: Path) -> None:
    folder.mkdir()
    report = folder / "report.json"
    run = _run(campaign, seeded, folder, report)
    assert run.returncode == 0, _told(run)
    summary: dict[str, Any] = json.loads(report.read_text("utf-8"))
    assert summary["operations"]["tested"] == len(campaign.operation_ids())
    assert summary["test_cases"]["generated"] > len(campaign.operation_ids())
    refused = set(summary["warnings"]["missing_auth"])
    if campaign.is_guest:
        assert campaign.closed() <= refused, "these are documented to ask for a credential, and answered without one"
    else:
        assert refused <= campaign.may_be_refused, "these answered nobody, so nothing of them was tested"


def _told(run: subprocess.CompletedProcess[str]) -> str:
    """What Schemathesis found, each with a curl command, without its warnings and summary."""
    findings = run.stdout.partition("= FAILURES =")[2].partition("= WARNINGS =")[0].partition("= SUMMARY =")[0]
    return (findings or run.stdout)[-30_000:] + run.stderr[-5_000:]


def _run(campaign: Campaign, seeded: Seeded, folder: Path, report: Path) -> subprocess.CompletedProcess[str]:
    configuration = folder / "schemathesis.toml"
    configuration.write_text(campaign.configuration(seeded.known, thorough=THOROUGH), "utf-8")
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(configuration), "run"]
    command += [str(campaign.path), "--url", seeded.stack.base_url, "--seed", SEED, "--max-examples", MAX_EXAMPLES]
    command += ["--continue-on-failure", "--generation-database", "none", "--no-shrink", "--no-color"]
    command += ["--report-json-path", str(report), *campaign.arguments()]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY_ROOT), "NO_PROXY": "127.0.0.1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
