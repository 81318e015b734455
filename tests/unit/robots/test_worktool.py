"""The WorkTool client's socket: frames in the form its source has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.push.handshake import Handshake
from shared.push.sockets import Admission, Refusal, Reply
from shared.robots.callbacks import TASK_KIND, Callbacks
from shared.robots.command_states import reached
from shared.robots.device_requests import ReportMessage
from shared.robots.dispatch import WAKE_TASK, robot_topic
from shared.robots.models import Device, Robot
from shared.robots.online_watch import OnlineWatch
from shared.robots.robot_socket import principal_of
from shared.robots.send_requests import send_request
from shared.robots.worktool_frames import reports_of, worktool_command
from shared.robots.worktool_socket import WorkToolRobots, WorkToolSocket
from tests.unit.push.fakes import connection
from tests.unit.robots.live_doubles import ROBOT, LiveSide, MemoryPeriods

WORKTOOL = replace(ROBOT, robot_id="robot_1703123456789_k3j9x0q2m5n8b7v4")


class Messages:
    def __init__(self) -> None:
        self.taken: list[ReportMessage] = []

    def take(self, robot: Robot, report: Mapping[str, Any]) -> None:
        assert robot.robot_id == WORKTOOL.robot_id
        self.taken.append(ReportMessage.model_validate(report))


class Groups:
    def __init__(self) -> None:
        self.frames: list[Mapping[str, Any]] = []

    def take(self, robot_id: str, frame: Mapping[str, Any]) -> None:
        assert robot_id == WORKTOOL.robot_id
        self.frames.append(frame)


class WorkTool(LiveSide):
    def __init__(self) -> None:
        super().__init__()
        self.store.robots[WORKTOOL.robot_id] = WORKTOOL
        self.messages = Messages()
        self.groups = Groups()
        self.periods = MemoryPeriods()
        order_of = Callbacks.order_of_change
        self.watch = OnlineWatch(self.periods, self.store, self.tasks, order_of, self.clock.ms)
        self.socket = WorkToolSocket(
            WorkToolRobots(self.store),
            self.presence,
            self.dispatch,
            lambda: self.messages,
            self.bell,
            self.clock.ms,
            self.watch,
            lambda: (self.groups,),
        )
        self.connection = connection("c1", kind="worktool", principal=principal_of(WORKTOOL))

    def knock(self, robot_id: str) -> Admission | Refusal:
        handshake = Handshake("c1", f"/webserver/wework/{robot_id}", {}, {}, ())
        assert self.socket.serves(handshake)
        return self.socket.connect(handshake)

    def say(self, frame: Any) -> Reply:
        return self.socket.receive(self.connection, frame if isinstance(frame, str) else json.dumps(frame))


@pytest.fixture
def live() -> WorkTool:
    return WorkTool()


def test_the_robots_id_opens_it_and_orders_what_is_pending(live: WorkTool) -> None:
    admission = live.knock(WORKTOOL.robot_id)
    assert isinstance(admission, Admission)
    assert admission.topic == robot_topic(WORKTOOL.robot_id)
    assert [task.kind for task, _ in live.tasks.ordered] == [TASK_KIND, WAKE_TASK]
    assert live.presence.is_online(WORKTOOL.robot_id)


@pytest.mark.parametrize("robot_id", ["", "short", "robot_1703123456789_unknownunknown00", "x" * 5000])
def test_other_ids_open_nothing(live: WorkTool, robot_id: str) -> None:
    assert live.knock(robot_id) == Refusal(401)


@pytest.mark.parametrize("device", [Device("device-a"), None], ids=["bound", "unbound"])
def test_a_robot_that_was_activated_is_not_opened_by_its_id(live: WorkTool, device: Device | None) -> None:
    live.store.robots[WORKTOOL.robot_id] = replace(WORKTOOL, device=device, activation_code="3CQ4Z9LE")
    assert live.knock(WORKTOOL.robot_id) == Refusal(401)
    assert live.say({"type": 11}) == Reply(forget=True)


@pytest.mark.parametrize("frame", [{"type": 11}, {"td": 1_703_000_000_000}, {"socketType": 0}, "ping", "[]", "{"])
def test_heartbeats_of_every_form_keep_it_online_and_are_not_answered(live: WorkTool, frame: Any) -> None:
    assert live.say(frame) == Reply()
    assert live.presence.is_online(WORKTOOL.robot_id)


def test_commands_have_the_clients_numbers_and_names() -> None:
    live = LiveSide()
    requests = [
        {"type": "text", "titleList": ["群"], "content": "你好", "atList": ["@所有人"]},
        {
            "type": "image",
            "titleList": ["群"],
            "fileUrl": "https://e.com/p.png",
            "fileType": "image",
            "objectName": "p.png",
            "extraText": "看",
        },
        {"type": "file", "titleList": ["群"], "fileUrl": "https://e.com/r", "fileType": "*", "objectName": "r.pdf"},
    ]
    items = []
    for body in requests:
        params = send_request({**body, "robotId": WORKTOOL.robot_id}).command_params()
        command = live.dispatch.send(WORKTOOL.robot_id, "send_message", params)
        frame = worktool_command(command)
        assert (frame["socketType"], frame["messageId"]) == (2, command.command_id)
        items += frame["list"]
    assert items == [
        {"titleList": ["群"], "type": 203, "receivedContent": "你好", "atList": ["@所有人"]},
        {
            "titleList": ["群"],
            "type": 218,
            "objectName": "p.png",
            "fileUrl": "https://e.com/p.png",
            "fileType": "image",
            "extraText": "看",
        },
        {"titleList": ["群"], "type": 218, "objectName": "r.pdf", "fileUrl": "https://e.com/r", "fileType": "*"},
    ]


@pytest.mark.parametrize(
    ("item", "state"),
    [
        ({"errorCode": 0, "timeCost": 1.5, "runTime": 1, "successList": ["群"]}, ("success", 1)),
        ({"errorCode": 201101, "errorReason": "room not found", "failList": ["群"]}, ("pending", 1)),
        ({"errorCode": "odd", "timeCost": -3}, ("pending", 1)),
    ],
)
def test_results_close_commands(live: WorkTool, item: dict[str, Any], state: tuple[str, int]) -> None:
    command = live.dispatch.send(WORKTOOL.robot_id, "send_message", {"type": "text"})
    live.commands.hand_out(WORKTOOL.robot_id)
    assert live.say({"socketType": 1, "messageId": command.command_id}) == Reply()
    assert live.say({"socketType": 3, "messageId": command.command_id, "list": [item]}) == Reply()
    assert live.state(command) == state


def test_a_command_that_comes_again_has_another_message_id_and_its_result_counts(live: WorkTool) -> None:
    """The client passes over an id that it saw a moment ago."""
    command = live.dispatch.send(WORKTOOL.robot_id, "send_message", {"type": "text", "titleList": ["一群", "二群"]})
    results = [{"errorCode": 201102}, {"errorCode": 0, "successList": ["一群"], "failList": ["二群", 5]}]
    seen = []
    for result in results:
        (handed,) = live.commands.hand_out(WORKTOOL.robot_id)
        seen.append(worktool_command(handed)["messageId"])
        assert live.say({"socketType": 3, "messageId": seen[-1], "list": [result]}) == Reply()
        live.clock.advance(1)
    assert seen == [command.command_id, f"{command.command_id}~2"]
    assert live.state(command) == ("success", 2)
    assert reached(live.store.commands[command.command_id]) == (["一群"], ["二群"])


def test_results_nobody_asked_for_are_passed_over(live: WorkTool) -> None:
    for frame in (
        {"socketType": 3, "messageId": "~2", "list": [{"errorCode": 0}]},
        {"socketType": 3, "messageId": "cmd_of_another", "list": [{"errorCode": 0}]},
        {"socketType": 3, "messageId": 5, "list": [{"errorCode": 0}]},
        {"socketType": 3, "messageId": "cmd", "list": "odd"},
        {"socketType": 3},
    ):
        assert live.say(frame) == Reply()


def received(text: str, **fields: Any) -> dict[str, Any]:
    item = {
        "type": 101,
        "roomType": 1,
        "titleList": ["备注", "客户群"],
        "messageList": [
            {"sender": 1, "textType": 1, "itemMessageList": [{"feature": 0, "text": "mine"}], "nameList": []},
            {"sender": 0, "textType": 1, "itemMessageList": [{"feature": 2, "text": text}], "nameList": ["小红"]},
            {"sender": 2, "textType": 10, "itemMessageList": [{"feature": 0, "text": "system"}], "nameList": []},
        ],
    }
    return {"socketType": 2, "messageId": "m1", "list": [{**item, **fields}, {"type": 301, "log": "x"}]}


def test_received_messages_become_reports(live: WorkTool) -> None:
    live.say(received(f"@{WORKTOOL.name} 在吗"))
    (report,) = live.messages.taken
    assert (report.spoken, report.raw_spoken, report.at_me) == ("在吗", f"@{WORKTOOL.name} 在吗", True)
    assert (report.received_name, report.group_name, report.group_remark) == ("小红", "客户群", "备注")
    assert (report.room_type, report.text_type) == (1, 1)


def test_private_messages_have_no_group_and_odd_ones_are_left_out(live: WorkTool) -> None:
    live.say(received("你好", roomType=4, titleList=["小红"]))
    (report,) = live.messages.taken
    assert (report.group_name, report.at_me, report.spoken) == ("", False, "你好")
    for fields in ({"roomType": 0}, {"roomType": True}, {"messageList": None}, {"messageList": [{"sender": 1}]}):
        live.say(received("x", **fields))
    assert len(live.messages.taken) == 1


def test_a_report_is_always_within_the_contracts_limits() -> None:
    frame = received("长" * 50_000, titleList=["长" * 900] * 3)
    (report,) = reports_of(frame, WORKTOOL.robot_id, "", 1_703_000_000_000)
    checked = ReportMessage.model_validate(report)
    assert len(checked.raw_spoken) == 20_000
    assert not checked.at_me
