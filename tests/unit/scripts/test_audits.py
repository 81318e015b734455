"""The audits of the template, of roles and of libraries: what each of them must not let through."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.aws_calls import AwsCall, permissions_of, recorded_calls
from local.template_reader import read_template
from scripts import advisories, policies, template_audit
from scripts.policies import Permission, granted, problems, used
from scripts.template_audit import Accepted, CheckovFailed, failed_checks
from scripts.unseen_permissions import Unseen
from tests.embedded import REPOSITORY_ROOT

TEMPLATE = read_template(REPOSITORY_ROOT / "template.yaml")
READS = Permission("PushFunction", "dynamodb:GetItem", "ConnectionsTable")
WRITES = Permission("PushFunction", "dynamodb:PutItem", "ConnectionsTable")

# --- roles and calls ---


def test_a_call_without_permission_and_a_permission_without_call_are_told() -> None:
    assert problems({READS}, {READS}, ()) == []
    assert problems({READS}, {READS, WRITES}, ()) == [f"not allowed: {WRITES}"]
    assert problems({READS, WRITES}, {READS}, ()) == [f"never used: {WRITES}"]
    assert problems({READS}, set(), ()) == ["no call was recorded"]


def test_an_explanation_covers_what_it_names_and_must_name_something() -> None:
    assert problems({READS, WRITES}, {READS}, [Unseen("dynamodb:Put*", "why", functions="Push*")]) == []
    assert problems({READS}, {READS}, [Unseen("s3:*", "why")]) == ["nobody has what UNSEEN explains: s3:* on *"]
    # Being explained makes no call allowed.
    assert problems({READS}, {READS, WRITES}, [Unseen("dynamodb:*", "why")]) == [f"not allowed: {WRITES}"]


def test_roles_are_read_statement_by_statement() -> None:
    allowed = granted(policies.load_yaml((REPOSITORY_ROOT / "template.yaml").read_text("utf-8")))
    assert Permission("KookWebhookFunction", "sqs:SendMessage", "EventsQueue") in allowed
    assert Permission("RouteEventFunction", "dynamodb:Query", "ConnectionsTable/index") in allowed
    assert Permission("PushFunction", "execute-api:ManageConnections", "WebSocketApi") in allowed
    assert Permission("KookWebhookFunction", "xray:PutTraceSegments", "*") in allowed
    assert {permission.function for permission in allowed} == set(TEMPLATE.functions)
    assert not any("*" in permission.action for permission in allowed)


def test_calls_are_told_by_logical_id() -> None:
    queue = TEMPLATE.queues["PushQueue"].name
    calls = [
        ("PushFunction", AwsCall("dynamodb:Query", TEMPLATE.tables["RobotsTable"].name, "by_owner")),
        ("PushFunction", AwsCall("sqs:SendMessage", f"http://127.0.0.1:1/000000000000/{queue}")),
        ("PushFunction", AwsCall("execute-api:ManageConnections", "")),
        ("EchoFunction", AwsCall("dynamodb:Scan", "a-test-of-another-template")),
    ]
    assert used(calls, TEMPLATE) == {
        Permission("PushFunction", "dynamodb:Query", "RobotsTable/index"),
        Permission("PushFunction", "sqs:SendMessage", "PushQueue"),
        Permission("PushFunction", "execute-api:ManageConnections", "WebSocketApi"),
    }


def test_without_recorded_calls_nothing_is_said_to_have_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert policies.main([str(tmp_path)]) == 2
    assert "NOT RUN" in capsys.readouterr().out


def test_a_transaction_needs_the_permission_of_each_of_its_writes() -> None:
    items = [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]
    assert list(permissions_of("dynamodb", "TransactWriteItems", {"TransactItems": items})) == [
        AwsCall("dynamodb:PutItem", "a"),
        AwsCall("dynamodb:ConditionCheckItem", "b"),
    ]


_RECORDING = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from local.aws_calls import record_calls
record_calls(Path(sys.argv[1]))
import boto3
from botocore.config import Config

client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x",
                      endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1}))

def get(table):
    try:
        client.get_item(TableName=table, Key={"pk": {"S": "a"}})
    except Exception as error:
        assert "EndpointConnectionError" in type(error).__name__, error

def handler():
    get("own")
    get("own")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(get, "side by side").result()
    timer = threading.Timer(0, get, ["gathered"])
    timer.start()
    timer.join()

get("the runner's own")
with ThreadPoolExecutor(1, thread_name_prefix="PushFunction") as pool:
    pool.submit(handler).result()
"""


def test_calls_are_noted_for_the_function_that_made_them_once_each(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _RECORDING, str(tmp_path / "calls")]
    subprocess.run(command, cwd=REPOSITORY_ROOT, check=True, timeout=60)
    assert recorded_calls(tmp_path / "calls") == {
        ("PushFunction", AwsCall("dynamodb:GetItem", "own")),
        ("PushFunction", AwsCall("dynamodb:GetItem", "side by side")),
    }
    (file,) = (tmp_path / "calls").iterdir()
    assert len(file.read_text("utf-8").splitlines()) == 2


# --- the template ---


def report(*failed: tuple[str, str], passed: int = 1, errors: int = 0) -> dict[str, Any]:
    checks = [{"check_id": check, "resource": resource, "check_name": "it"} for check, resource in failed]
    return {"summary": {"passed": passed, "parsing_errors": errors}, "results": {"failed_checks": checks}}


def test_a_finding_must_be_explained_and_an_explanation_needed() -> None:
    found = failed_checks(report(("CKV_1", "AWS::SQS::Queue.A"), ("CKV_2", "AWS::SQS::Queue.A")))
    accepted = [Accepted("CKV_1", "AWS::SQS::*", "why"), Accepted("CKV_3", "*", "why")]
    assert template_audit.problems(found, accepted) == ["CKV_2 AWS::SQS::Queue.A: it", "CKV_3 *: found no more"]
    assert template_audit.problems(found[:1], accepted[:1]) == []


@pytest.mark.parametrize("unread", [report(passed=0), report(errors=1)])
def test_a_template_that_was_not_read_has_not_passed(unread: dict[str, Any]) -> None:
    with pytest.raises(CheckovFailed):
        failed_checks(unread)


# --- libraries ---


@pytest.mark.parametrize(
    ("exit_code", "output", "errors", "code"),
    [
        (0, {"dependencies": [{"name": "flask", "version": "3", "vulns": []}]}, "", advisories.PASSED),
        (1, {"dependencies": [{"name": "flask", "version": "3", "vulns": [{"id": "X-1"}]}]}, "", advisories.FAILED),
        (0, {"dependencies": []}, "", advisories.NOT_RUN),
        (1, {"dependencies": [{"name": "flask", "skip_reason": "not found"}]}, "", advisories.NOT_RUN),
        (1, None, "ERROR:pip_audit._cli:flask: not found on PyPI: flask", advisories.NOT_RUN),
        (0, None, "", advisories.NOT_RUN),
    ],
)
def test_only_a_complete_report_without_findings_passes(exit_code: int, output: Any, errors: str, code: int) -> None:
    verdict = advisories.judge(exit_code, "" if output is None else json.dumps(output), errors)
    assert verdict.code == code
    assert ("NOT RUN" in verdict.text) == (code == advisories.NOT_RUN)
