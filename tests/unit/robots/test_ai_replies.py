"""Built-in answers: when a message gets one, what the model is asked, what is counted, and what a failure costs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.platforms.http import RequestsHttpClient
from shared.robots.activity_log import ActivityLog, Entry, Level, LogType
from shared.robots.ai_providers import ChatModels, ProviderFailed, Providers, ProvidersRefused
from shared.robots.ai_replies import ANSWER_WITHIN_MS, SESSION_GAP_MS, TASK_KIND, AiReplies, reply_id
from shared.robots.messages import Message
from shared.robots.models import Robot, RobotSettings
from shared.security.outbound import OutboundGuard, guarded_session
from tests.standins.server import Answer, Fault
from tests.unit.robots.chat_model_server import API_KEY, ChatModelStandIn
from tests.unit.robots.live_doubles import ROBOT, LiveSide

SETTINGS = RobotSettings(
    ai_provider="custom",
    ai_model="model-x",
    ai_temperature=0.3,
    ai_max_tokens=700,
    ai_context_length=3,
    ai_scenario="你是客服",
    reply_delay_min=2,
    reply_delay_max=5,
    ai_call_limit_daily=3,
)


class MemoryLog:
    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add_entry(self, entry: Entry, kept_days: int) -> None:
        self.entries.append(entry)

    def newest_entries(self, limit: int) -> Iterator[Entry]:
        yield from reversed(self.entries)

    def number_of_entries(self, log_type: LogType | None, level: Level | None) -> int:
        return len(self.entries)


class MemoryRests:
    def __init__(self) -> None:
        self.resting: set[str] = set()

    def begin(self, provider: str) -> None:
        self.resting.add(provider)

    def is_resting(self, provider: str) -> bool:
        return provider in self.resting


class Answering(LiveSide):
    def __init__(
        self, model: ChatModelStandIn, settings: RobotSettings = SETTINGS, answer_within_seconds: float = 30.0
    ) -> None:
        super().__init__()
        self.model = model
        self.robot = replace(ROBOT, settings=settings)
        self.store.robots[ROBOT.robot_id] = self.robot
        self.kept: dict[str, Message] = {}
        self.counts: dict[tuple[str, str], int] = {}
        self.costs: list[int] = []
        self.log = MemoryLog()
        self.rests = MemoryRests()
        provider = {"base_url": f"{model.base_url}/v1/", "api_key": API_KEY, "input_price": 2, "output_price": 8}
        provider["model"] = "model-of-the-provider"
        http = RequestsHttpClient(guarded_session(OutboundGuard(allow=["127.0.0.0/8"])))
        self.replies = AiReplies(
            self.store,
            self,
            ChatModels(
                Providers.from_setting(json.dumps({"custom": provider})),
                http,
                answer_within_seconds=answer_within_seconds,
            ),
            self.dispatch,
            self.tasks,
            self,
            self.rests,
            self,
            lambda: ActivityLog(self.log, self.clock.ms),
            self.clock.ms,
            lambda at_ms: str(at_ms // 86_400_000),
            pick_seconds=lambda least, most: ((least, most) == (2, 5) and 4) or 0,
        )

    def message(self, robot_id: str, message_id: str) -> Message | None:
        return self.kept.get(message_id)

    def latest_messages(self, robot_id: str, limit: int) -> Sequence[Message]:
        return sorted(self.kept.values(), key=lambda one: one.received_at_ms, reverse=True)[:limit]

    def count(self, pk: str, sk: str, expires_at_seconds: int) -> int:
        self.counts[pk, sk] = self.counts.get((pk, sk), 0) + 1
        return self.counts[pk, sk]

    def ai_called(self, robot: Robot, cost_micros: int) -> None:
        self.costs.append(cost_micros)

    def hear(self, spoken: str = "在吗", **fields: Any) -> Message:
        now_ms = self.clock.ms()
        message = Message(
            f"msg_{len(self.kept)}", ROBOT.robot_id, spoken, spoken, "小红", "客户群", "", 1, True, 1, now_ms, now_ms
        )
        message = replace(message, **fields)
        self.kept[message.message_id] = message
        self.replies.consider(message, self.robot)
        return message

    def run(self) -> None:
        while self.tasks.ordered:
            order, delay_seconds = self.tasks.ordered[0]
            assert (order.kind, delay_seconds) == (TASK_KIND, 4)
            self.replies.carry_out(order.payload, lambda: 60.0)
            self.tasks.ordered.pop(0)

    def answers(self) -> list[Mapping[str, Any]]:
        return [command.params for command in self.store.commands.values()]


@pytest.fixture
def live() -> Iterator[Answering]:
    with ChatModelStandIn() as model:
        yield Answering(model)


def test_a_message_for_the_robot_is_answered_once_and_counted(live: Answering) -> None:
    message = live.hear()
    (order, _) = live.tasks.ordered[0]
    live.run()
    live.replies.carry_out(order.payload, lambda: 60.0)
    assert live.answers() == [
        {"type": "text", "titleList": ["客户群"], "content": "answer to 在吗", "atList": ["小红"]}
    ]
    assert list(live.store.commands) == [reply_id(message.message_id)]
    (asked,) = live.model.asked
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("model-x", 0.3, 700)
    assert asked["messages"] == [{"role": "system", "content": "你是客服"}, {"role": "user", "content": "在吗"}]
    assert live.costs == [6000]  # 1000 tokens at 2 yuan a million, 500 at 8


def test_a_private_message_is_answered_in_its_chat(live: Answering) -> None:
    live.hear(at_me=False, room_type=2, group_name="")
    live.run()
    assert live.answers() == [{"type": "text", "titleList": ["小红"], "content": "answer to 在吗"}]


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (SETTINGS, {"at_me": False}),
        (SETTINGS, {"spoken": "  "}),
        (SETTINGS, {"group_name": ""}),
        (replace(SETTINGS, ai_mode="third_party"), {}),
        (replace(SETTINGS, ai_provider="kimi"), {}),
    ],
)
def test_what_is_not_for_the_built_in_answers_gets_none(settings: RobotSettings, fields: dict[str, Any]) -> None:
    with ChatModelStandIn() as model:
        live = Answering(model, settings)
        live.hear(**fields)
        assert live.tasks.ordered == []


@pytest.mark.parametrize(("provider", "noted"), [("kimi", [("ai", "kimi")] * 2), ("", [])])
def test_a_robot_whose_model_is_not_set_up_is_noted_once_a_day(provider: str, noted: list[tuple[str, str]]) -> None:
    with ChatModelStandIn() as model:
        live = Answering(model, replace(SETTINGS, ai_provider=provider))
        for _ in range(3):
            live.hear()
        live.clock.advance(86_400)
        live.hear()
    assert [(entry.log_type, entry.details["provider"]) for entry in live.log.entries] == noted


def test_the_providers_model_answers_for_robots_that_name_none() -> None:
    with ChatModelStandIn() as model:
        live = Answering(model, replace(SETTINGS, ai_model=""))
        live.hear()
        live.run()
        assert [asked["model"] for asked in model.asked] == ["model-of-the-provider"]


def test_the_context_is_the_same_senders_within_half_an_hour(live: Answering) -> None:
    live.hear("too old")
    live.run()
    live.clock.advance(SESSION_GAP_MS / 1000 + 1)
    live.hear("first")
    live.run()
    live.clock.advance(60)
    live.kept["msg_other"] = replace(live.kept["msg_1"], message_id="msg_other", received_name="小蓝", spoken="other")
    live.hear("second")
    live.run()
    assert live.model.asked[-1]["messages"][1:] == [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "answer to first"},
        {"role": "user", "content": "second"},
    ]


def test_the_days_calls_are_limited_and_the_limit_is_told_once(live: Answering) -> None:
    for _ in range(5):
        live.hear()
        live.run()
        live.clock.advance(1)
    assert len(live.answers()) == len(live.model.asked) == 3
    assert [entry.message for entry in live.log.entries] == ["the day's calls are used up"]
    live.clock.advance(86_400)
    live.hear()
    live.run()
    assert len(live.answers()) == 4


def test_a_provider_that_recovers_answers_later(live: Answering) -> None:
    live.model.script(Fault(answer=Answer(503)))
    live.hear()
    with pytest.raises(ProviderFailed):
        live.run()
    live.run()
    assert len(live.answers()) == 1


def test_a_provider_that_is_too_slow_is_left_alone_for_a_while() -> None:
    with ChatModelStandIn() as model:
        live = Answering(model, answer_within_seconds=0.2)
        model.script(Fault(answer=Answer(200), delay_seconds=30.0))
        live.hear()
        for reason in ("timeout", "resting"):
            with pytest.raises(ProviderFailed) as failed:
                live.run()
            assert (failed.value.reason, failed.value.final) == (reason, False)
        assert live.answers() == []
        # What was not asked costs nothing of the day.
        assert list(live.counts.values()) == [1]


@pytest.mark.parametrize(
    ("answer", "waited_ms", "reason"),
    [
        (Answer.of_json({"error": {"message": API_KEY}}, 401), 0, "http_401"),
        (Answer(503), ANSWER_WITHIN_MS, "http_503"),
        (Answer.of_json({"choices": []}), ANSWER_WITHIN_MS, "bad_answer"),
        (Answer(200, b"<html>"), ANSWER_WITHIN_MS, "bad_answer"),
    ],
)
def test_a_provider_that_fails_for_good_is_in_the_log(
    live: Answering, answer: Answer, waited_ms: int, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    live.model.script(Fault(answer=answer))
    live.hear()
    live.clock.advance(waited_ms / 1000)
    live.run()
    assert live.answers() == []
    (entry,) = live.log.entries
    assert (entry.log_type, entry.details["reason"]) == ("ai", reason)
    assert API_KEY not in caplog.text + repr(live.log.entries)


def test_a_queue_that_is_down_costs_the_report_nothing(live: Answering, caplog: pytest.LogCaptureFixture) -> None:
    live.tasks.down = True
    live.hear()
    assert "an answer was not ordered" in caplog.text


@pytest.mark.parametrize(
    "setting", ["[]", "{", '{"other": {}}', '{"kimi": {}}', '{"kimi": {"base_url": "ftp://x", "api_key": "sk-secret"}}']
)
def test_a_setting_that_cannot_work_is_refused_without_its_keys(setting: str) -> None:
    with pytest.raises(ProvidersRefused) as caught:
        Providers.from_setting(setting)
    assert "sk-secret" not in str(caught.value)
    assert Providers.from_setting("").root == {}


def test_a_key_is_in_no_repr() -> None:
    setting = json.dumps({"deepseek": {"base_url": "https://api.deepseek.com", "api_key": API_KEY}})
    assert API_KEY not in repr(Providers.from_setting(setting))
