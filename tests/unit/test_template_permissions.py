"""What template.yaml allows: each role what its function's environment names, and nothing more."""

from __future__ import annotations

import re

import pytest

from shared.outside_composition import PLATFORM_NAMES
from tests.unit.template_document import (
    FUNCTIONS,
    RELAY_QUEUES,
    RESOURCES,
    STANDARD_QUEUES,
    TEMPLATE,
    as_list,
    environment,
    event_queues,
    referenced,
    statements,
)

COMPOSED_RESOURCES = (
    r"\$\{\w+Table\.Arn\}/index/\*",
    r"arn:.*:\$\{WebSocketApi\}/live/(POST|DELETE)/@connections/\*",
    r"arn:.*:event-source-mapping:\$\{\w+FunctionQueue\}",
    r"\$\{BackupsBucket\.Arn\}/backups/\*",
    r"\$\{RobotPicturesBucket\.Arn\}/robot-pictures/\*",
)
# AWS grants these on nothing narrower.
ACTIONS_WITHOUT_RESOURCES = {
    "xray:PutTraceSegments": "X-Ray has no resources",
    "xray:PutTelemetryRecords": "X-Ray has no resources",
    "sns:Publish": "a text message goes to a telephone number, which is no resource",
}


def test_no_statement_has_a_wildcard_action() -> None:
    actions = [action for _, statement in statements() for action in as_list(statement["Action"])]
    assert actions
    assert not [action for action in actions if "*" in action]


def test_every_statement_names_its_resources() -> None:
    for name, statement in statements():
        services = {action.split(":")[0] for action in as_list(statement["Action"])}
        for resource in as_list(statement["Resource"]):
            if resource == "*":
                assert set(as_list(statement["Action"])) <= ACTIONS_WITHOUT_RESOURCES.keys(), name
            elif "Fn::Sub" in resource:
                assert any(re.fullmatch(form, resource["Fn::Sub"]) for form in COMPOSED_RESOURCES), name
            else:
                assert resource["Fn::GetAtt"].endswith(".Arn")
                service = RESOURCES[referenced(resource)]["Type"].split("::")[1].lower()
                assert services == {service}, name


def test_no_action_is_excused_that_nobody_has_on_everything() -> None:
    found = {
        action
        for _, statement in statements()
        if "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    assert found == ACTIONS_WITHOUT_RESOURCES.keys()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_roles_reach_exactly_the_tables_and_queues_of_the_environment(function: str) -> None:
    role = referenced(FUNCTIONS[function]["Role"])
    reached = {
        referenced(resource)
        for name, statement in statements()
        if name == role
        for resource in as_list(statement["Resource"])
        if resource != "*" and not str(resource.get("Fn::Sub", "")).startswith("arn:")
    }
    stores = {name for name in reached if RESOURCES[name]["Type"] in ("AWS::DynamoDB::Table", "AWS::SQS::Queue")}
    in_environment = {
        referenced(value)
        for name, value in environment(function).items()
        if name.endswith(("_TABLE", "_QUEUE_URL", "_DEAD_LETTERS_URL"))
    }
    assert stores == in_environment


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if event_queues(name)])
def test_queue_functions_may_take_messages_and_report_partial_failures(function: str) -> None:
    role = referenced(FUNCTIONS[function]["Role"])
    (queue,) = event_queues(function)
    granted = {
        action
        for name, statement in statements()
        if name == role and {"Fn::GetAtt": f"{queue}.Arn"} in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    assert {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
    } <= granted
    for event in FUNCTIONS[function]["Events"].values():
        assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert event["Properties"]["BatchSize"] == (1 if queue in STANDARD_QUEUES else 10)


def test_stopping_the_service_reaches_every_reader_of_the_relays_own_queues() -> None:
    wanted = {f"{function}Queue" for function in FUNCTIONS if set(event_queues(function)) & RELAY_QUEUES}
    assert wanted == {"RouteEventFunctionQueue"} | {f"Deliver{name.title()}FunctionQueue" for name in PLATFORM_NAMES}
    for function in ("RelayApiFunction", "MaintenanceFunction"):
        separator, mappings = environment(function)["EVENT_SOURCE_MAPPINGS"]["Fn::Join"]
        assert separator == ","
        assert {mapping["Ref"] for mapping in mappings} == wanted
        role = referenced(FUNCTIONS[function]["Role"])
        (granted,) = [
            statement
            for name, statement in statements()
            if name == role and "lambda:UpdateEventSourceMapping" in as_list(statement["Action"])
        ]
        reached = {re.findall(r"\$\{(\w+)\}$", resource["Fn::Sub"])[0] for resource in granted["Resource"]}
        assert reached == wanted


def test_the_api_sees_every_queue_and_its_dead_letters() -> None:
    given = {
        referenced(value)
        for name, value in environment("RelayApiFunction").items()
        if name.endswith("_URL") and isinstance(value, dict) and "Ref" in value
    }
    for queue in RELAY_QUEUES | {"TasksQueue"}:
        assert {queue, queue.removesuffix("Queue") + "DeadLetters"} <= given


def test_backups_are_private_encrypted_versioned_and_kept() -> None:
    bucket = RESOURCES["BackupsBucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (statement,) = RESOURCES["BackupsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_secret_parameters_are_hidden_and_the_token_has_no_default() -> None:
    parameters = TEMPLATE["Parameters"]
    secrets = [name for name in parameters if name.endswith(("Token", "Password", "Secret", "Key"))]
    assert "ApiToken" in secrets
    assert all(parameters[name]["NoEcho"] is True for name in secrets)
    assert "Default" not in parameters["ApiToken"]
    assert parameters["ApiToken"]["MinLength"] >= 24
