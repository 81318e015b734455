"""checkov on template.yaml, with what is accepted and why.

``python -m scripts.template_audit CHECKOV`` runs the program of that path. It fails for a finding that ACCEPTED does
not explain, and for an explanation that explains nothing any more.
"""
# ruff: noqa: T201

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
RUN_WITHIN_SECONDS = 120


class CheckovFailed(Exception):
    """It gave no report."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """``resources`` is a pattern of fnmatch for what checkov calls a resource: AWS::SQS::Queue.EventsQueue."""

    check: str
    resources: str
    why: str


ACCEPTED: Sequence[Accepted] = (
    Accepted("CKV_AWS_18", "*Bucket", "one function reads and writes each bucket, and its log says so"),
    Accepted("CKV_AWS_21", "*RobotPicturesBucket", "pictures go with their messages after thirty days, for good"),
    Accepted("CKV_AWS_21", "*ConsoleBucket", "what is in it comes with each deployment again"),
    Accepted("CKV_AWS_26", "*AlarmTopic", "alarms name queues and functions, and nothing that is said in a message"),
    Accepted(
        "CKV_AWS_27",
        "AWS::SQS::Queue.*",
        "SQS encrypts with its own key; one of ours would cost a request to KMS with every batch",
    ),
    Accepted(
        "CKV_AWS_68",
        "*FrontDoorDistribution",
        "a web ACL costs more a month than the relay; sign-in attempts are limited by the functions",
    ),
    Accepted(
        "CKV_AWS_86",
        "*FrontDoorDistribution",
        "its log holds query strings, and robots and agents send their token there",
    ),
    Accepted(
        "CKV_AWS_95", "*WebSocketStage", "its log holds query strings, and robots and agents send their token there"
    ),
    Accepted(
        "CKV_AWS_111",
        "*RobotsApiRole",
        "a text message goes to a telephone number, which is no resource that IAM can name",
    ),
    Accepted(
        "CKV_AWS_115",
        "AWS::Serverless::Function.*",
        "queues limit their readers; what is reserved for an API is taken from the account's other stacks",
    ),
    Accepted(
        "CKV_AWS_116",
        "AWS::Serverless::Function.*",
        "for asynchronous calls alone; queues have dead letters of their own, and the schedule comes again",
    ),
    Accepted(
        "CKV_AWS_117",
        "AWS::Serverless::Function.*",
        "the functions call platforms on the Internet and nothing inside a network",
    ),
    Accepted(
        "CKV_AWS_119",
        "AWS::DynamoDB::Table.*",
        "DynamoDB encrypts with its own key; secrets are sealed under ours before they get there",
    ),
    Accepted(
        "CKV_AWS_158",
        "AWS::Logs::LogGroup.*",
        "CloudWatch encrypts with its own key; no secret gets into a log (tests/security/canary)",
    ),
    Accepted(
        "CKV_AWS_173",
        "AWS::Serverless::Function.*",
        "Lambda encrypts with its own key; opening ours would take time of every cold start",
    ),
    Accepted(
        "CKV_AWS_174",
        "*FrontDoorDistribution",
        "CloudFront's own certificate decides; with a domain of one's own it can be chosen",
    ),
)


def problems(failed: Iterable[tuple[str, str, str]], accepted: Sequence[Accepted] = ACCEPTED) -> list[str]:
    """``failed``: check, resource and what the check is called. One line each."""
    used: set[Accepted] = set()
    found = []
    for check, resource, name in failed:
        explained = [each for each in accepted if each.check == check and fnmatchcase(resource, each.resources)]
        used |= set(explained)
        if not explained:
            found.append(f"{check} {resource}: {name}")
    return found + [f"{each.check} {each.resources}: found no more" for each in accepted if each not in used]


def failed_checks(report: Any) -> list[tuple[str, str, str]]:
    """Of checkov's JSON. Raises CheckovFailed for one that checked nothing."""
    parts = report if isinstance(report, list) else [report]
    summaries = [part.get("summary", {}) for part in parts]
    if not sum(summary.get("passed", 0) for summary in summaries) or any(
        summary.get("parsing_errors") for summary in summaries
    ):
        raise CheckovFailed("checkov could not read the template")
    return [
        (each["check_id"], each["resource"], each["check_name"])
        for part in parts
        for each in part["results"]["failed_checks"]
    ]


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 for a finding, and for a checkov that does not work."""
    # No check of its platform's is downloaded, and the template is sent nowhere.
    command = [arguments[0], "-f", str(TEMPLATE), "--framework", "cloudformation", "--skip-download", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_WITHIN_SECONDS, check=False)  # noqa: S603
    try:
        failed = failed_checks(json.loads(done.stdout))
    except (ValueError, KeyError, CheckovFailed) as error:
        print(f"checkov failed ({type(error).__name__}):\n{done.stderr[-2000:]}")
        return 1
    found = problems(failed)
    print("\n".join([*found, f"{len(failed)} findings of checkov, {len(found)} of them not accepted"]))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
