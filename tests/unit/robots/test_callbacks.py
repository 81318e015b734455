"""Callbacks to a third party that verifies, refuses, times out and recovers."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.platforms.http import RequestsHttpClient
from shared.robots.callback_payloads import result_payload
from shared.robots.callback_signing import SignatureForm, callback_body, signature
from shared.robots.callbacks import (
    ANSWER_WITHIN_SECONDS,
    RETRY_DELAYS_SECONDS,
    TASK_KIND,
    CallbackFailure,
    Callbacks,
)
from shared.robots.command_states import CommandResult
from shared.robots.models import Command
from shared.security.outbound import OutboundGuard, guarded_session
from shared.tasks.handlers import Continued
from shared.tasks.orders import TaskOrder
from tests.fakes.clock import FakeClock
from tests.standins.server import Answer, Fault
from tests.unit.robots.live_doubles import RecordedTasks
from tests.unit.robots.third_party_server import SECRET, ThirdPartyStandIn

ROBOT_ID = "robot_1703123456789_abc123"
PAYLOAD = {"robotId": ROBOT_ID, "spoken": "你好啊", "roomType": 1}
COMMAND = Command(
    "cmd_1",
    ROBOT_ID,
    "send_message",
    {"type": "text", "titleList": ["客户群"], "content": "你好"},
    created_at_ms=1_703_000_000_000,
    state="success",
    attempts=1,
    sent_at_ms=1_703_000_001_000,
    finished_at_ms=1_703_000_003_000,
    error_code=0,
)


@dataclass(frozen=True)
class Configuration:
    message_callback_url: str = ""
    result_callback_url: str = ""
    online_callback_url: str = ""
    offline_callback_url: str = ""
    group_qr_callback_url: str = ""
    enable_signature: bool = False
    signature_form: SignatureForm = "body"
    secret_key: str = field(default=SECRET, repr=False)


@dataclass
class Records:
    """Configurations, payloads and failures in one."""

    configuration: Configuration
    noted: list[CallbackFailure] = field(default_factory=list)
    gone: bool = False

    def of(self, robot_id: str) -> Configuration:
        return self.configuration

    def payload(self, kind: str, robot_id: str, record_id: str, url: str) -> Mapping[str, Any] | None:
        if self.gone:
            return None
        return PAYLOAD if kind == "message" else result_payload(COMMAND)

    def note(self, failure: CallbackFailure) -> None:
        self.noted.append(failure)


class Calling:
    """Callbacks to the stand-in, carried out until nothing is left to do."""

    def __init__(self, third_party: ThirdPartyStandIn, *, allow: tuple[str, ...] = ("127.0.0.0/8",)) -> None:
        self.clock = FakeClock()
        self.third_party = third_party
        self.records = Records(Configuration(third_party.url, third_party.url))
        self.tasks = RecordedTasks()
        http = RequestsHttpClient(guarded_session(OutboundGuard(allow=list(allow))))
        self.callbacks = Callbacks(
            self.records, self.records, self.records, http, self.tasks, self.clock.ms, answer_within_seconds=0.5
        )
        self.delays: list[int] = []

    def sign(self, form: SignatureForm) -> None:
        self.third_party.form = form
        self.records.configuration = replace(self.records.configuration, enable_signature=True, signature_form=form)

    def run(self) -> None:
        ((order, _),) = self.tasks.ordered
        step: Continued | None = Continued(order)
        while step is not None:
            assert step.order.kind == TASK_KIND
            step = self.callbacks.carry_out(TaskOrder.from_body(step.order.to_body()).payload, lambda: 60.0)
            if step is not None:
                self.delays.append(step.delay_seconds)


@pytest.fixture
def calling() -> Iterator[Calling]:
    with ThirdPartyStandIn() as third_party:
        yield Calling(third_party)


def test_both_signatures_match_the_published_vectors() -> None:
    body = callback_body(PAYLOAD)
    assert body.decode() == '{"robotId":"robot_1703123456789_abc123","spoken":"你好啊","roomType":1}'
    first = "6b81f0b41da8cfc2df6db8eeae1e62f14e83bb1dd0cca6c110cc9ba77612ad9b"
    second = "ef9337109e8b866625969b9f65917bd48be140b9a804e97881b320c90ca75245"
    assert signature("body", SECRET, ROBOT_ID, body, 0) == first
    assert signature("robot_body_time", SECRET, ROBOT_ID, body, 1_703_123_456_789) == second


@pytest.mark.parametrize("form", ["", "body", "robot_body_time"])
@pytest.mark.parametrize("kind", ["message", "result"])
def test_the_third_party_verifies_what_it_is_told(calling: Calling, form: Any, kind: Any) -> None:
    if form:
        calling.sign(form)
    calling.callbacks.order(kind, ROBOT_ID, "record-1")
    calling.run()
    assert calling.third_party.told == [PAYLOAD if kind == "message" else result_payload(COMMAND)]
    assert calling.delays == []
    assert calling.records.noted == []


def test_a_third_party_that_recovers_is_told_with_the_second_retry(calling: Calling) -> None:
    faults = (Fault(answer=Answer(500)), Fault(reset="before_answer"))
    for fault in faults:
        calling.third_party.script(fault)
    calling.callbacks.order("message", ROBOT_ID, "m1")
    calling.run()
    assert calling.delays == [1, 3]
    assert calling.third_party.told == [PAYLOAD]
    assert calling.records.noted == []


def test_a_third_party_that_is_too_slow_is_asked_again(calling: Calling) -> None:
    calling.third_party.script(Fault(answer=Answer(200), delay_seconds=30.0))
    calling.callbacks.order("message", ROBOT_ID, "m1")
    calling.run()
    assert calling.delays == [1]
    assert calling.third_party.told == [PAYLOAD]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(503), "http_503"),
        (Answer(302, b"", {"Location": "http://169.254.169.254/"}), "http_302"),
        (Answer.of_json({"code": 500, "message": SECRET}), "refused"),
    ],
)
def test_after_three_retries_the_failure_is_written_down(
    calling: Calling, answer: Answer, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in range(1 + len(RETRY_DELAYS_SECONDS)):
        calling.third_party.script(Fault(answer=answer))
    calling.callbacks.order("result", ROBOT_ID, "cmd_1")
    calling.run()
    assert tuple(calling.delays) == RETRY_DELAYS_SECONDS == (1, 3, 5)
    assert ANSWER_WITHIN_SECONDS == 3.0
    assert calling.records.noted == [CallbackFailure(ROBOT_ID, "result", "cmd_1", reason, calling.clock.ms())]
    assert calling.third_party.told == []
    assert SECRET not in caplog.text + repr(calling.records.noted)
    assert calling.third_party.base_url not in caplog.text


def test_an_address_inside_is_refused_without_a_retry() -> None:
    with ThirdPartyStandIn() as third_party:
        calling = Calling(third_party, allow=())
        calling.callbacks.order("message", ROBOT_ID, "m1")
        calling.run()
        assert calling.delays == []
        assert [failure.reason for failure in calling.records.noted] == ["destination_refused"]
        assert third_party.told == []


def test_nobody_is_told_without_an_address_or_a_record(calling: Calling) -> None:
    calling.callbacks.order("message", ROBOT_ID, "m1")
    calling.records.gone = True
    calling.run()
    calling.tasks.ordered.clear()
    calling.records.configuration = Configuration()
    calling.callbacks.finished(COMMAND, CommandResult(0))
    assert calling.tasks.ordered == []
    assert calling.third_party.told == []


def test_a_queue_that_is_down_costs_the_report_nothing(calling: Calling, caplog: pytest.LogCaptureFixture) -> None:
    calling.tasks.down = True
    calling.callbacks.finished(COMMAND, CommandResult(0))
    assert "a callback was not ordered" in caplog.text


def test_a_result_is_told_in_the_forms_receivers_know() -> None:
    told = result_payload(COMMAND)
    assert (told["messageId"], told["commandId"], told["type"]) == ("cmd_1", "cmd_1", 203)
    assert (told["runTime"], told["timeCost"]) == (1_703_000_001_000, 2)
    assert (told["successList"], told["failList"]) == (["客户群"], [])
    failed = replace(COMMAND, state="failed", error_code=201102, error_reason="send failed", execution_time_ms=1500)
    told = result_payload(failed)
    assert (told["errorCode"], told["errorReason"], told["timeCost"]) == (201102, "send failed", 1.5)
    assert (told["successList"], told["failList"]) == ([], ["客户群"])
    partly = replace(failed, success_list=["一群"], fail_list=["二群"])
    assert (result_payload(partly)["successList"], result_payload(partly)["failList"]) == (["一群"], ["二群"])
