"""Operations and queries of the WorkTool client: what is taken, what it gets, and how each ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad
from pydantic import ValidationError

from shared.robots.callback_payloads import result_payload
from shared.robots.command_states import (
    NO_LATE_RESULT_REASON,
    OPERATION_TYPE,
    OPERATION_WITHIN_MS,
    CommandResult,
    settled,
)
from shared.robots.models import RESULT_WITHIN_MS, Command
from shared.robots.send_requests import MAX_COMMAND_BYTES
from shared.robots.worktool_completions import WorkToolCompletions
from shared.robots.worktool_frames import MAX_META_BYTES, frame_of, results_of, worktool_command
from shared.robots.worktool_operations import REQUIRED, Operation
from tests.unit.robots.live_doubles import ROBOT, LiveSide

NEW_GROUP = {"type": 206, "groupName": "一群", "selectList": ["小红"], "groupAnnouncement": "公告"}


def encrypted(items: list[Any]) -> str:
    """As the client's source does it."""
    cipher = AES.new(b"9876543210abcdef", AES.MODE_CBC, iv=b"0123456789abcdef")
    return cipher.encrypt(pad(json.dumps(items, ensure_ascii=False).encode(), 16)).hex().upper()


class Operating(LiveSide):
    def __init__(self) -> None:
        super().__init__()
        self.completions = WorkToolCompletions(self.store, self.dispatch)

    def sent(self, params: dict[str, Any]) -> Command:
        command = self.commands.enqueue(ROBOT.robot_id, OPERATION_TYPE, params)
        self.commands.hand_out(ROBOT.robot_id)
        return self.store.commands[command.command_id]

    def tell(self, frame: dict[str, Any]) -> None:
        self.completions.take(ROBOT.robot_id, frame)


def answer(*items: Any) -> dict[str, Any]:
    return {"socketType": 2, "messageId": "m1", "list": list(items)}


@pytest.mark.parametrize("kind", sorted(REQUIRED))
def test_an_operation_needs_the_fields_that_it_cannot_do_without(kind: int) -> None:
    whole = {
        "type": kind,
        "titleList": ["一群"],
        "receivedName": "小红",
        "receivedContent": "你好",
        "originalContent": "你好",
        "nameList": ["小明"],
        "groupName": "一群",
        "selectList": ["一群"],
        "objectName": "logo",
        "friend": {"name": "小白", "tagList": ["客户"], "unknown": 1},
        "weworkMessageList": [{"type": 203, "receivedContent": "你好"}],
        "unknown": "ignored",
    }
    params = Operation.model_validate(whole).command_params()
    assert params["type"] == kind
    assert "unknown" not in params
    for name in REQUIRED[kind]:
        field = Operation.model_fields[name].alias
        with pytest.raises(ValidationError) as refused:
            Operation.model_validate({key: value for key, value in whole.items() if key != field})
        assert [problem["loc"] for problem in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    "item",
    [
        {"type": 305, "originalContent": "cmd_1"},
        {"type": 512, "groupName": "一群"},
        {"type": 900},
        {"type": "206", "groupName": "一群", "selectList": ["小红"]},
        {**NEW_GROUP, "selectList": "小红"},
        {**NEW_GROUP, "selectList": []},
        {**NEW_GROUP, "groupName": "x" * 101},
        {**NEW_GROUP, "groupAnnouncement": "公" * (MAX_COMMAND_BYTES // 3)},
        {"type": 501, "selectList": ["x"] * 101},
    ],
)
def test_what_is_no_operation_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Operation.model_validate(item)


def test_a_client_gets_the_operation_as_it_was_asked_for() -> None:
    live = Operating()
    command = live.sent(NEW_GROUP)
    assert worktool_command(command) == {"socketType": 2, "messageId": command.command_id, "list": [NEW_GROUP]}
    assert result_payload(command)["type"] == 206


def test_an_operation_is_tried_once_and_waited_for() -> None:
    live = Operating()
    command = live.sent(NEW_GROUP)
    now_ms = live.clock.ms()
    assert settled(command, now_ms + RESULT_WITHIN_MS) == command
    given_up = settled(command, now_ms + OPERATION_WITHIN_MS)
    assert (given_up.state, given_up.error_reason, given_up.attempts) == ("failed", NO_LATE_RESULT_REASON, 1)
    look = live.commands.settle(ROBOT.robot_id).look_again_ms
    assert look == now_ms + OPERATION_WITHIN_MS
    live.dispatch.report(ROBOT.robot_id, command.command_id, CommandResult(201011, "创建群失败"))
    assert live.state(command) == ("failed", 1)


@pytest.mark.parametrize(("kind", "state"), [(304, "success"), (201, "success"), (503, "sent"), (206, "sent")])
def test_a_confirmation_ends_what_the_client_says_no_more_about(kind: int, state: str) -> None:
    live = Operating()
    command = live.sent({**NEW_GROUP, "type": kind})
    live.tell({"socketType": 1, "messageId": "cmd_of_another"})
    live.tell({"socketType": 1})
    live.tell({"socketType": 1, "messageId": command.command_id})
    assert live.state(command) == (state, 1)


def test_a_query_ends_with_its_answer_which_is_kept_and_told() -> None:
    live = Operating()
    command = live.sent({"type": 503})
    live.tell(answer({"type": [503]}, {"type": 505}, "odd"))
    assert live.state(command) == ("sent", 1)
    live.tell(answer({"type": 503, "myInfo": {"name": "小助手"}, "log": None}))
    ended = live.store.commands[command.command_id]
    assert (ended.state, json.loads(ended.meta_json)) == ("success", {"type": 503, "myInfo": {"name": "小助手"}})
    assert json.loads(result_payload(ended)["metaJson"])["myInfo"] == {"name": "小助手"}
    live.tell(answer({"type": 503, "myInfo": {"name": "另一个"}}))
    assert live.store.commands[command.command_id] == ended


def test_an_answer_that_is_too_long_ends_its_query_without_its_text() -> None:
    live = Operating()
    command = live.sent({"type": 505})
    live.tell(answer({"type": 505, "log": "x" * MAX_META_BYTES}))
    assert (live.state(command), live.store.commands[command.command_id].meta_json) == (("success", 1), "")


def test_a_groups_page_answers_the_query_that_names_the_group() -> None:
    live = Operating()
    first, second = live.sent({"type": 501, "selectList": ["一群"]}), live.sent({"type": 501, "selectList": ["备注"]})
    live.tell(answer({"type": 501, "groupName": "三群"}, {"type": 501, "groupName": ["一群"]}))
    live.tell(answer({"type": 501, "groupName": "二群", "groupRemark": "备注"}))
    assert [live.state(command)[0] for command in (first, second)] == ["sent", "success"]


def test_a_results_own_meta_is_kept() -> None:
    item = {"errorCode": 0, "metaJson": '{"a":1}'}
    for value, kept in (('{"a":1}', '{"a":1}'), ({"a": 1}, ""), ("x" * MAX_META_BYTES, ""), ("\x01" * 8000, "")):
        found = results_of({"socketType": 3, "messageId": "cmd_1", "list": [{**item, "metaJson": value}]})
        assert found is not None
        assert found[1].meta_json == kept


def test_an_encrypted_frame_is_read() -> None:
    items = [{"errorCode": 0, "errorReason": "", "timeCost": 1.5}]
    frame = {"socketType": 3, "messageId": "cmd_1", "list": [], "encryptType": 1, "encryptedList": encrypted(items)}
    found = results_of(frame_of(json.dumps(frame)))
    assert found is not None
    assert (found[0], found[1].error_code, found[1].execution_time_ms) == ("cmd_1", 0, 1500)


@pytest.mark.parametrize("hidden", ["", "zz", "00", "0" * 32, "0" * 64, encrypted([]) + "00", "中", 5, None, ["x"]])
def test_what_cannot_be_decrypted_holds_nothing(hidden: Any) -> None:
    frame = frame_of(json.dumps({"socketType": 3, "messageId": "m", "encryptType": 1, "encryptedList": hidden}))
    assert not frame.get("list")
    assert results_of(frame) is None
