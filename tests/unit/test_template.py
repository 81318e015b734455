"""What template.yaml must keep whatever is added to it: least privilege, dead letters, timeouts, names that exist."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.console_pages import HEADERS as CONSOLE_HEADERS
from scripts.upload_console import CACHE_CONTROL
from shared.aws.settings import Settings
from shared.kook.webhook_settings import WebhookSettings
from shared.outside_composition import PLATFORM_NAMES

ROOT = Path(__file__).parents[2]
# Read by Powertools itself.
POWERTOOLS_NAMES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
COMPOSED_RESOURCES = (
    r"\$\{\w+Table\.Arn\}/index/\*",
    r"arn:.*:\$\{WebSocketApi\}/live/(POST|DELETE)/@connections/\*",
    r"arn:.*:event-source-mapping:\$\{\w+FunctionQueue\}",
    r"\$\{BackupsBucket\.Arn\}/backups/\*",
    r"\$\{RobotPicturesBucket\.Arn\}/robot-pictures/\*",
)
# Tasks have no order among them and can be put off one by one.
STANDARD_QUEUES = {"TasksQueue"}
# AWS grants these on nothing narrower.
ACTIONS_WITHOUT_RESOURCES = {
    "xray:PutTraceSegments": "X-Ray has no resources",
    "xray:PutTelemetryRecords": "X-Ray has no resources",
    "sns:Publish": "a text message goes to a telephone number, which is no resource",
}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: ``!Ref X`` becomes {"Ref": "X"}, ``!GetAtt A.B`` {"Fn::GetAtt": …}."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)

TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), _Loader)
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical id."""
    return {name: body.get("Properties", {}) for name, body in RESOURCES.items() if body["Type"] == kind}


FUNCTIONS = resources("AWS::Serverless::Function")
QUEUES = resources("AWS::SQS::Queue")
TABLES = resources("AWS::DynamoDB::Table")
RELAY_QUEUES = {f"{name.title()}Queue" for name in ("events", *PLATFORM_NAMES)}


def referenced(value: Any) -> str:
    """The logical id a !Ref, a !GetAtt or the start of a !Sub names."""
    assert isinstance(value, dict), value
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"]).split(".")[0]
    found = re.match(r"\$\{(\w+)", value["Fn::Sub"])
    assert found is not None, value
    return found.group(1)


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that grants something, with the logical id of the role or policy it is in."""
    for name, properties in resources("AWS::IAM::Role").items():
        for policy in properties["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for name, properties in resources("AWS::IAM::ManagedPolicy").items():
        for statement in properties["PolicyDocument"]["Statement"]:
            yield name, statement


def environment(function: str) -> dict[str, Any]:
    shared: dict[str, Any] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return shared | FUNCTIONS[function]["Environment"]["Variables"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def event_queues(function: str) -> list[str]:
    events = FUNCTIONS[function].get("Events", {}).values()
    return [referenced(event["Properties"]["Queue"]) for event in events if event["Type"] == "SQS"]


# --- functions ---


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


# --- permissions ---


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


# --- queues ---

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


# --- tables ---


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


# --- routes and the front door ---


def test_http_routes() -> None:
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"]): function
        for function, properties in FUNCTIONS.items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    assert routes == {
        ("POST", "/webhook"): "KookWebhookFunction",
        ("POST", "/webhook/{account_id}"): "KookWebhookFunction",
        ("GET", "/health"): "RelayApiFunction",
        ("ANY", "/api/{proxy+}"): "RelayApiFunction",
        ("GET", "/api/me"): "MonitorApiFunction",
        ("GET", "/api/public"): "MonitorApiFunction",
        ("GET", "/api/version"): "MonitorApiFunction",
        ("POST", "/api/login"): "MonitorApiFunction",
        ("GET", "/api/logout"): "MonitorApiFunction",
        ("GET", "/api/oauth"): "MonitorApiFunction",
        ("GET", "/api/oauth_callback"): "MonitorApiFunction",
        ("GET", "/api/nodes"): "MonitorApiFunction",
        ("GET", "/api/recent/{uuid}"): "MonitorApiFunction",
        ("GET", "/api/records/{proxy+}"): "MonitorApiFunction",
        ("GET", "/api/task/ping"): "MonitorApiFunction",
        ("GET", "/api/clients"): "MonitorApiFunction",
        ("ANY", "/api/clients/{proxy+}"): "MonitorApiFunction",
        ("ANY", "/api/rpc2"): "MonitorApiFunction",
        ("ANY", "/api/admin/{proxy+}"): "MonitorApiFunction",
        ("ANY", "/api/v1/{proxy+}"): "AccountsApiFunction",
        ("ANY", "/api/user/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/robot-ids/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/robot/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/robots"): "RobotsApiFunction",
        ("ANY", "/api/robots/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/admin/activation-codes"): "RobotsApiFunction",
        ("ANY", "/api/admin/activation-codes/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/admin/unbind-device"): "RobotsApiFunction",
        ("ANY", "/api/admin/users"): "RobotsApiFunction",
        ("ANY", "/api/admin/users/{proxy+}"): "RobotsApiFunction",
        ("GET", "/api/admin/logs"): "RobotsApiFunction",
        ("GET", "/test"): "RobotsApiFunction",
        ("GET", "/appUpdate/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/robot/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/wework/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/fileUpload/{proxy+}"): "RobotsApiFunction",
    }


def test_websocket_routes_lead_to_the_websocket_function() -> None:
    routes = resources("AWS::ApiGatewayV2::Route")
    assert {route["RouteKey"] for route in routes.values()} == {"$connect", "$disconnect", "$default"}
    assert {route["Target"]["Fn::Sub"] for route in routes.values()} == {"integrations/${WebSocketIntegration}"}
    assert "${WebsocketFunction.Arn}" in RESOURCES["WebSocketIntegration"]["Properties"]["IntegrationUri"]["Fn::Sub"]


@pytest.mark.parametrize("branch", [1, 2])
def test_the_webhook_url_given_out_asks_kook_not_to_compress(branch: int) -> None:
    value = TEMPLATE["Outputs"]["WebhookUrl"]["Value"]["Fn::If"][branch]["Fn::Sub"]
    assert value.endswith("/webhook?compress=0")


def front_door(request: dict[str, Any]) -> dict[str, Any]:
    """Run the viewer-request function in Node: {"request": as changed, "origin": the origin picked or None}."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js to run the front door's function")
    code = RESOURCES["FrontDoorRouter"]["Properties"]["FunctionCode"]
    first_line, body = code.split("\n", 1)
    assert first_line == "import cf from 'cloudfront';"
    event = {"version": "1.0", "viewer": {"ip": "203.0.113.9"}, "request": request}
    script = f"""
        let origin = null;
        const cf = {{ selectRequestOriginById: id => {{ origin = id; }} }};
        {body}
        console.log(JSON.stringify({{ request: handler({json.dumps(event)}), origin }}));
    """
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, timeout=60, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _request(uri: str, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): {"value": value} for name, value in headers.items()}
    return {"method": "GET", "uri": uri, "querystring": {}, "headers": {"host": {"value": "relay.example"}} | named}


def test_front_door_sends_handshakes_to_the_websocket_api_whatever_their_path() -> None:
    answer = front_door(_request("/api/clients", sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ=="))
    assert answer["origin"] == "websocket"
    assert answer["request"]["uri"] == "/" + RESOURCES["WebSocketStage"]["Properties"]["StageName"]
    assert answer["request"]["headers"]["x-relay-original-path"] == {"value": "/api/clients"}
    origins = RESOURCES["FrontDoorDistribution"]["Properties"]["DistributionConfig"]["Origins"]
    assert "websocket" in {origin["Id"] for origin in origins}


def test_front_door_leaves_the_same_path_without_upgrade_to_the_http_api() -> None:
    answer = front_door(_request("/api/clients/report", content_type="application/json"))
    assert answer["origin"] is None
    assert answer["request"]["uri"] == "/api/clients/report"
    assert answer["request"]["headers"]["content-type"] == {"value": "application/json"}


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_front_door_leads_to_the_apis_documents_where_the_embedded_stack_does(path: str) -> None:
    answer = front_door(_request(path))["request"]
    assert (answer["statusCode"], answer["headers"]["location"]["value"]) == (302, "/console/docs/index.html")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/webhook", "application/octet-stream"),
        ("/webhook/7", "application/octet-stream"),
        ("/api/clients/v2/rpc", "application/octet-stream"),
        ("/webhooks", "application/json"),
        ("/api/webhook", "application/json"),
    ],
)
def test_front_door_marks_webhook_bodies_as_bytes(path: str, content_type: str) -> None:
    answer = front_door(_request(path, content_type="application/json"))
    assert answer["request"]["headers"]["content-type"] == {"value": content_type}


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", "/console/"),
        ("/console", "/console/"),
        ("/docs", "/console/docs/index.html"),
        ("/docs/", "/console/docs/index.html"),
    ],
)
def test_front_door_leads_a_person_to_the_console(path: str, page: str) -> None:
    answer = front_door(_request(path))["request"]
    assert (answer["statusCode"], answer["headers"]["location"]) == (302, {"value": page})
    assert front_door(_request(path, sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ=="))["origin"] == "websocket"


def test_front_door_serves_the_console_from_its_bucket_with_the_headers_of_one_machine() -> None:
    distribution = RESOURCES["FrontDoorDistribution"]["Properties"]["DistributionConfig"]
    behaviour = distribution["CacheBehaviors"][0]
    origin = next(one for one in distribution["Origins"] if one["Id"] == behaviour["TargetOriginId"])
    assert behaviour["PathPattern"] == "/console/*"
    assert origin["DomainName"] == {"Fn::GetAtt": "ConsoleBucket.RegionalDomainName"}
    policy = RESOURCES["ConsoleHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    security, custom = policy["SecurityHeadersConfig"], policy["CustomHeadersConfig"]["Items"]
    sent = {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff" if security["ContentTypeOptions"]["Override"] else "",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **{item["Header"]: item["Value"] for item in custom},
    }
    assert {"Cache-Control": CACHE_CONTROL, **sent} == CONSOLE_HEADERS


def test_nobody_but_the_front_door_reads_the_consoles_bucket() -> None:
    assert all(RESOURCES["ConsoleBucket"]["Properties"]["PublicAccessBlockConfiguration"].values())
    allowed = RESOURCES["ConsoleBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "${FrontDoorDistribution}" in allowed["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]


def test_front_door_replaces_what_a_client_claims_about_itself() -> None:
    answer = front_door(
        _request(
            "/health", x_relay_client_address="127.0.0.1", x_relay_original_host="evil", x_relay_original_path="/x"
        )
    )
    headers = answer["request"]["headers"]
    assert headers["x-relay-client-address"] == {"value": "203.0.113.9"}
    assert headers["x-relay-original-host"] == {"value": "relay.example"}
    assert headers["x-relay-original-path"] == {"value": "/health"}
