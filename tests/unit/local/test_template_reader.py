from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.intrinsics import TemplateError
from local.template import Addresses, HttpRoute, QueueSource, Template
from local.template_reader import read_template

ROOT = Path(__file__).resolve().parents[3]
SMALL = ROOT / "tests/data/embedded_stack/template.yaml"


def write(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text, "utf-8")
    return path


FUNCTION = """
Resources:
  OneFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/one/
      Handler: handler.handler
{more}
"""


def with_function(folder: Path, more: str) -> Path:
    indented = "\n".join(f"      {line}" for line in more.splitlines())
    return write(folder, FUNCTION.format(more=indented))


@pytest.fixture
def small() -> Template:
    return read_template(SMALL)


def test_functions_take_what_globals_say_and_add_their_own(small: Template) -> None:
    front, work = small.functions["FrontFunction"], small.functions["WorkFunction"]
    assert front.code_path == SMALL.parent / "functions/front"
    assert (front.handler, front.timeout_seconds, front.memory_mb) == ("handler.handler", 2, 128)
    assert HttpRoute("ANY", "/echo/{proxy+}") in front.http_routes
    assert set(front.environment) == {"RESULTS_TABLE", "WORK_QUEUE_URL", "POWERTOOLS_SERVICE_NAME", "GREETING"}
    assert work.queue_sources == (QueueSource("WorkQueue", 10, 6, reports_item_failures=True),)
    assert [source.mapping_id for source in work.queue_sources] == ["WorkFunctionWork"]
    assert small.functions["TickFunction"].timeout_seconds == 3
    assert [s.expression for s in small.functions["TickFunction"].schedules] == ["rate(1 minute)"]


def test_queues_know_their_dead_letters_and_attributes(small: Template) -> None:
    queue = small.queues["WorkQueue"]
    assert queue.name == "kook-relay-WorkQueue.fifo"
    assert queue.attributes == {
        "FifoQueue": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
        "VisibilityTimeout": "6",
    }
    assert (queue.dead_letter_queue, queue.max_receive_count) == ("WorkDeadLetters", 5)
    assert queue.visibility_timeout_seconds == 6
    assert small.queues["WorkDeadLetters"].visibility_timeout_seconds == 30


def test_tables_carry_keys_indexes_and_time_to_live(small: Template) -> None:
    table = small.tables["ResultsTable"]
    assert table.name == "kook-relay-ResultsTable"
    assert [part["AttributeName"] for part in table.key_schema] == ["pk", "sk"]
    assert [index["IndexName"] for index in table.global_secondary_indexes] == ["by_kind"]
    assert table.ttl_attribute == "expires_at"


def test_the_websocket_routes_lead_to_functions(small: Template) -> None:
    api = small.websocket_api
    assert api is not None
    assert (api.stage, api.route_selection_expression) == ("live", "$request.body.action")
    assert api.routes == dict.fromkeys(("$connect", "$disconnect", "$default"), "SocketFunction")


def test_environment_holds_the_embedded_names_and_urls(small: Template) -> None:
    addresses = Addresses(
        queue_urls={"WorkQueue": "http://127.0.0.1:1/000000000000/work.fifo"},
        http_base_url="http://127.0.0.1:2",
        websocket_base_url="ws://127.0.0.1:2/ws",
        websocket_management_url="http://127.0.0.1:3",
    )
    front = small.environment(small.functions["FrontFunction"], addresses)
    assert front == {
        "RESULTS_TABLE": "kook-relay-ResultsTable",
        "WORK_QUEUE_URL": "http://127.0.0.1:1/000000000000/work.fifo",
        "POWERTOOLS_SERVICE_NAME": "front",
        "GREETING": "hello world",
    }
    socket = small.environment(small.functions["SocketFunction"], addresses)
    assert socket["MANAGEMENT_URL"] == "http://127.0.0.1:3"


def test_parameters_can_be_overridden_and_conditions_follow(small: Template) -> None:
    rude = read_template(SMALL, {"Greeting": "hey"})
    assert rude.environment(rude.functions["FrontFunction"], Addresses())["GREETING"] == "..."


def test_the_project_template_is_readable_as_a_whole() -> None:
    template = read_template(ROOT / "template.yaml")
    addresses = Addresses({name: f"http://127.0.0.1:1/{name}" for name in template.queues})
    for function in template.functions.values():
        variables = template.environment(function, addresses)
        assert all(isinstance(value, str) for value in variables.values())
    webhook = template.functions["KookWebhookFunction"]
    assert HttpRoute("POST", "/webhook/{account_id}") in webhook.http_routes
    assert template.environment(webhook, addresses)["EVENTS_QUEUE_URL"] == "http://127.0.0.1:1/EventsQueue"
    assert template.websocket_api is not None
    assert template.queues["DiscordQueue"].dead_letter_queue == "DiscordDeadLetters"


def test_a_resource_whose_condition_is_false_is_left_out(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
Parameters: { Wanted: { Type: String, Default: "no" } }
Conditions:
  IsWanted: !Equals [!Ref Wanted, "yes"]
  IsUnwanted: !Not [!Condition IsWanted]
  Never: !And [!Condition IsWanted, !Condition IsUnwanted]
  Always: !Or [!Condition IsWanted, !Condition IsUnwanted]
Resources:
  A: { Type: "AWS::SQS::Queue", Condition: IsWanted }
  B: { Type: "AWS::SQS::Queue", Condition: IsUnwanted }
  C: { Type: "AWS::SQS::Queue", Condition: Never }
  D: { Type: "AWS::SQS::Queue", Condition: Always }
""",
    )
    assert set(read_template(path).queues) == {"B", "D"}
    assert set(read_template(path, {"Wanted": "yes"}).queues) == {"A", "D"}


def test_intrinsic_functions_compose(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
Mappings: { Sizes: { us-east-1: { Small: 5 } } }
Resources:
  Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: !Join ["-", [a, !Select [1, !Split ["|", "x|y"]]]] } }
  OneFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/one/
      Handler: handler.handler
      Environment:
        Variables:
          A: !Sub ["${Local}-${Queue.QueueName}-${!Literal}", { Local: !FindInMap [Sizes, !Ref "AWS::Region", Small] }]
          B: !Ref AWS::NoValue
          C: true
""",
    )
    template = read_template(path)
    variables = template.environment(template.functions["OneFunction"], Addresses())
    assert variables == {"A": "5-a-y-${Literal}", "C": "true"}


def test_other_triggers_and_shapes_are_understood(tmp_path: Path) -> None:
    path = with_function(
        tmp_path,
        """Events:
  Everything: { Type: HttpApi }
  Star: { Type: HttpApi, Properties: { Method: "*", Path: /a } }
  Later: { Type: ScheduleV2, Properties: { ScheduleExpression: "rate(2 hours)", Input: '{"a": 1}' } }
  Never: { Type: Schedule, Properties: { Schedule: rate(1 day), Enabled: false } }
  Off: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), State: DISABLED } }
ReservedConcurrentExecutions: 1""",
    )
    function = read_template(path).functions["OneFunction"]
    assert [route.key for route in function.http_routes] == ["$default", "ANY /a"]
    assert [(s.expression, s.scheduler, s.input_json) for s in function.schedules] == [
        ("rate(2 hours)", True, '{"a": 1}')
    ]
    assert function.reserved_concurrency == 1


def test_one_machine_may_run_a_function_more_often_than_every_minute(tmp_path: Path) -> None:
    path = with_function(tmp_path, "Events: { M: { Type: Schedule, Properties: { Schedule: rate(1 minute) } } }")
    head, found, tail = path.read_text("utf-8").partition("    Type: AWS::Serverless::Function\n")
    assert found
    often = "    Metadata: { EmbeddedSchedules: { Often: { EverySeconds: 5, Input: '{\"a\": 1}' } } }\n"
    path.write_text(head + found + often + tail, "utf-8")
    minute, sweep = read_template(path).functions["OneFunction"].schedules
    assert (minute.every_seconds, sweep.every_seconds, sweep.input_json) == (None, 5, '{"a": 1}')
    path.write_text(head + found + often.replace("5", "0") + tail, "utf-8")
    with pytest.raises(TemplateError, match="EverySeconds"):
        read_template(path)


def test_this_template_sweeps_commands_every_five_seconds_on_one_machine() -> None:
    maintenance = read_template(ROOT / "template.yaml").functions["MaintenanceFunction"]
    assert [(one.every_seconds, json.loads(one.input_json or "null")) for one in maintenance.schedules] == [
        (None, None),
        (5, {"chores": ["commands_settled", "robots_gone_silent"]}),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Resources: [", "line 1"),
        ("just text", "no Resources"),
        ("Resources: { A: { Properties: {} } }", "Resources.A: needs a Type"),
        ("Resources: { A: { Type: 'AWS::SQS::Queue', Condition: Nope } }", "unknown condition 'Nope'"),
        ("Resources: { A: { Type: 'AWS::SQS::Queue', Properties: { QueueName: !Ref Nope } } }", "unknown name 'Nope'"),
        ("Resources: { A: { Type: 'AWS::SQS::Queue', Properties: { QueueName: !GetAZs x } } }", "Fn::GetAZs"),
        ("Resources: { A: { Type: 'AWS::SQS::Queue', Properties: { QueueName: a, FifoQueue: true } } }", ".fifo"),
        (
            "Resources: { A: { Type: 'AWS::SQS::Queue', Properties: "
            "{ RedrivePolicy: { deadLetterTargetArn: 'arn:x', maxReceiveCount: 3 } } } }",
            "'arn:x' is not the Arn of a queue",
        ),
        ("Resources: { A: { Type: 'AWS::DynamoDB::Table' } }", "needs KeySchema"),
        ("Resources: { A: { Type: 'AWS::Serverless::Function', Properties: { Handler: a.b } } }", "CodeUri"),
    ],
)
def test_a_bad_template_gets_one_line_that_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(TemplateError) as refused:
        read_template(write(tmp_path, text))
    assert complaint in str(refused.value)
    assert str(refused.value).startswith("template.yaml: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("Timeout: soon", "Timeout: 'soon' is not a whole number"),
        ("Timeout: 901", "901 is not between 1 and 900"),
        ("Events: { X: { Type: S3 } }", "events of type 'S3'"),
        ("Events: { X: { Type: SQS, Properties: { Queue: nowhere } } }", "'nowhere' is not the Arn"),
        ("Events: { X: { Type: HttpApi, Properties: { Path: a, Method: get } } }", "'a' must start with /"),
        ("Events: { X: { Type: HttpApi, Properties: { Path: /a, PayloadFormatVersion: '1.0' } } }", "format 2.0"),
        ("Events: { X: { Type: Schedule } }", "needs Schedule"),
        ("Environment: none", "Environment: must be a mapping"),
    ],
)
def test_a_bad_function_gets_one_line_that_says_where(tmp_path: Path, more: str, complaint: str) -> None:
    with pytest.raises(TemplateError) as refused:
        read_template(with_function(tmp_path, more))
    assert complaint in str(refused.value)
    assert "OneFunction" in str(refused.value)


def test_two_functions_cannot_share_a_route(tmp_path: Path) -> None:
    one = "{ Type: 'AWS::Serverless::Function', Properties: { CodeUri: a/, Handler: a.b, Events: "
    one += "{ X: { Type: HttpApi, Properties: { Path: /a, Method: get } } } } }"
    with pytest.raises(TemplateError, match="route GET /a belongs to both A and B"):
        read_template(write(tmp_path, f"Resources: {{ A: {one}, B: {one} }}"))


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"nowhere\.yaml: no such file"):
        read_template(tmp_path / "nowhere.yaml")
