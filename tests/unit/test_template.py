"""What template.yaml must keep whatever is added to it: dead letters, timeouts, names that exist, data that stays."""

from __future__ import annotations

import dataclasses
import json

import pytest

from shared.aws.settings import Settings
from shared.kook.webhook_settings import WebhookSettings
from tests.unit.template_document import (
    FUNCTIONS,
    QUEUES,
    RESOURCES,
    ROOT,
    STANDARD_QUEUES,
    TABLES,
    TEMPLATE,
    environment,
    event_queues,
    referenced,
    resources,
)

# Read by Powertools itself.
POWERTOOLS_NAMES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}


def test_every_function_directory_has_its_function_and_the_other_way_round() -> None:
    directories = {path.name for path in (ROOT / "functions").iterdir() if path.is_dir() and path.name[0] not in "._"}
    expected = {
        "".join(word.title() for word in name.split("_")) + "Function": f"functions/{name}/" for name in directories
    }
    assert {name: properties["CodeUri"] for name, properties in FUNCTIONS.items()} == expected


def test_the_layer_holds_every_library_the_functions_use() -> None:
    """`make run` installs the one file, the layer is built from the other: they are the same file."""
    assert (ROOT / "shared" / "requirements.txt").read_text() == (ROOT / "requirements.txt").read_text()


def test_no_function_directory_brings_requirements_of_its_own() -> None:
    # One such file makes SAM pack every library into every function.
    assert not list((ROOT / "functions").glob("*/requirements.txt"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_has_a_timeout_a_role_and_a_log_group_with_retention(function: str) -> None:
    properties = FUNCTIONS[function]
    assert 1 <= properties["Timeout"] <= 900
    log_group = RESOURCES[referenced(properties["LoggingConfig"]["LogGroup"])]
    assert log_group["Type"] == "AWS::Logs::LogGroup"
    assert log_group["Properties"]["RetentionInDays"] == {"Ref": "FunctionLogRetentionDays"}
    assert RESOURCES[referenced(properties["Role"])]["Type"] == "AWS::IAM::Role"
    assert "Policies" not in properties, "a function with a Role ignores Policies"


def test_functions_share_neither_roles_nor_log_groups() -> None:
    for shared in ("Role", "LoggingConfig"):
        used = [json.dumps(properties[shared]) for properties in FUNCTIONS.values()]
        assert len(set(used)) == len(used)


def test_every_function_is_traced_when_wanted_and_uses_the_layer() -> None:
    shared = TEMPLATE["Globals"]["Function"]
    assert shared["Tracing"] == {"Ref": "Tracing"}
    # The cost benchmark's bill has no traces in it.
    assert TEMPLATE["Parameters"]["Tracing"]["Default"] == "PassThrough"
    assert shared["Layers"] == [{"Ref": "SharedLayer"}]
    assert shared["Runtime"] == "python3.11"
    assert RESOURCES["SharedLayer"]["Metadata"]["BuildMethod"] == "makefile"


def test_http_functions_end_before_the_http_api_gives_up() -> None:
    http = [
        name for name, body in FUNCTIONS.items() if any(e["Type"] == "HttpApi" for e in body.get("Events", {}).values())
    ]
    assert {"KookWebhookFunction", "RelayApiFunction"} <= set(http)
    assert all(FUNCTIONS[name]["Timeout"] < 30 for name in http)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_environment_names_exist_in_the_settings(function: str) -> None:
    known = {name.upper() for name in Settings.model_fields} | POWERTOOLS_NAMES
    assert set(environment(function)) <= known


def test_the_webhook_function_gets_exactly_what_its_own_settings_read() -> None:
    own = {field.name.upper() for field in dataclasses.fields(WebhookSettings)} - {"DATA_KEY_FILE"}
    assert set(FUNCTIONS["KookWebhookFunction"]["Environment"]["Variables"]) == own


@pytest.mark.parametrize("function", FUNCTIONS)
def test_environment_names_its_tables_and_queues_after_their_logical_ids(function: str) -> None:
    for name, value in environment(function).items():
        if name.endswith("_TABLE"):
            assert value == {"Ref": name.removesuffix("_TABLE").title() + "Table"}
        elif name.endswith("_QUEUE_URL"):
            assert value == {"Ref": name.removesuffix("_QUEUE_URL").title() + "Queue"}
        elif name.endswith("_DEAD_LETTERS_URL"):
            assert value == {"Ref": name.removesuffix("_DEAD_LETTERS_URL").title() + "DeadLetters"}


def test_every_table_and_queue_of_the_settings_is_in_the_template_and_given_to_a_function() -> None:
    given = {name for function in FUNCTIONS for name in environment(function)}
    wanted = {name.upper() for name in Settings.model_fields if name.endswith(("_table", "_queue_url", "_letters_url"))}
    assert wanted <= given


SOURCE_QUEUES = [name for name in QUEUES if not name.endswith("DeadLetters")]


@pytest.mark.parametrize("queue", SOURCE_QUEUES)
def test_queue_has_dead_letters_alarms_and_a_consumer(queue: str) -> None:
    properties = QUEUES[queue]
    dead_letters = referenced(properties["RedrivePolicy"]["deadLetterTargetArn"])
    assert dead_letters == queue.removesuffix("Queue") + "DeadLetters"
    assert properties["RedrivePolicy"]["maxReceiveCount"] >= 100
    assert properties["MessageRetentionPeriod"] == QUEUES[dead_letters]["MessageRetentionPeriod"] == 14 * 86_400
    if queue not in STANDARD_QUEUES:
        assert properties["FifoQueue"] is True
        assert QUEUES[dead_letters]["FifoQueue"] is True
        assert properties["DeduplicationScope"] == "messageGroup"
        assert properties["FifoThroughputLimit"] == "perMessageGroupId"
    consumers = [function for function in FUNCTIONS if queue in event_queues(function)]
    assert len(consumers) == 1
    assert properties["VisibilityTimeout"] >= 6 * FUNCTIONS[consumers[0]]["Timeout"]
    watched = {
        (alarm["MetricName"], referenced(alarm["Dimensions"][0]["Value"]))
        for alarm in resources("AWS::CloudWatch::Alarm").values()
    }
    assert ("ApproximateNumberOfMessagesVisible", dead_letters) in watched
    assert ("ApproximateAgeOfOldestMessage", queue) in watched


def test_every_alarm_tells_the_topic() -> None:
    alarms = resources("AWS::CloudWatch::Alarm")
    assert alarms
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms.values())


@pytest.mark.parametrize("table", TABLES)
def test_table_is_on_demand_recoverable_expiring_and_kept(table: str) -> None:
    properties = TABLES[table]
    assert RESOURCES[table]["DeletionPolicy"] == RESOURCES[table]["UpdateReplacePolicy"] == "Retain"
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize("table", TABLES)
def test_table_defines_exactly_the_attributes_its_keys_use(table: str) -> None:
    properties = TABLES[table]
    keys = [properties["KeySchema"]] + [index["KeySchema"] for index in properties.get("GlobalSecondaryIndexes", [])]
    used = {key["AttributeName"] for schema in keys for key in schema}
    assert used == {attribute["AttributeName"] for attribute in properties["AttributeDefinitions"]}


def test_what_must_outlive_the_stack_is_kept() -> None:
    assert RESOURCES["DataKey"]["DeletionPolicy"] == "Retain"


def test_nothing_has_a_fixed_physical_name() -> None:
    for name, body in RESOURCES.items():
        for named in ("QueueName", "TableName", "FunctionName", "LogGroupName", "RoleName", "TopicName", "AlarmName"):
            assert not isinstance(body.get("Properties", {}).get(named), str), name
