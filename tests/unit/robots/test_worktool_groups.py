"""What a WorkTool client tells of groups, in the form its source has it, and what its owner's server is told of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from shared.robots.callback_answers import answered_text, is_accepted
from shared.robots.callback_payloads import RecordPayloads
from shared.robots.group_codes import GroupCode, new_group_code
from shared.robots.group_reports import MAX_TAKEN, GroupReports
from shared.robots.models import Command
from shared.robots.online_periods import OnlinePeriod
from shared.robots.seen_groups import GroupDescription
from shared.robots.worktool_groups import group_codes_of, group_pages_of
from tests.unit.robots.live_doubles import ROBOT

QR_CODE = "https://wework.qpic.cn/canary"
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
WECOM_WEBHOOK = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"


def frame(*items: Any, socket_type: int = 2) -> dict[str, Any]:
    return {"socketType": socket_type, "messageId": "m1", "list": list(items)}


def test_a_groups_page_is_read_as_far_as_it_goes() -> None:
    page = {"type": 501, "groupName": "一群", "groupOwner": "仑哥", "groupNumber": 12, "groupRemark": "备注"}
    assert group_pages_of(frame(page)) == [GroupDescription("一群", "仑哥", 12, None, "备注")]
    named = {"type": 501, "groupName": "二群", "groupNumber": None, "nameList": ["甲", "乙"], "groupAnnouncement": "x"}
    assert group_pages_of(frame(named)) == [GroupDescription("二群", None, 2, "x", None)]


@pytest.mark.parametrize(
    "item",
    [
        {"type": 501},
        {"type": 501, "groupName": ""},
        {"type": 501, "groupName": 7},
        {"type": 101, "groupName": "一群"},
        {"type": [501], "groupName": "一群"},
        "text",
        None,
    ],
)
def test_what_is_no_groups_page_is_none(item: Any) -> None:
    assert group_pages_of(frame(item)) == []
    assert group_pages_of({"socketType": 2, "list": item}) == []


@pytest.mark.parametrize("number", [True, -1, 1.5, "12", 10**9])
def test_an_odd_number_of_members_is_not_known(number: Any) -> None:
    (page,) = group_pages_of(frame({"type": 501, "groupName": "一群", "groupNumber": number}))
    assert page.members is None


@pytest.mark.parametrize("socket_type", [2, 3])
def test_a_qr_code_is_found_in_a_message_and_in_a_result(socket_type: int) -> None:
    item = {"type": 504, "groupName": "一群", "groupRemark": None, "qrcode": QR_CODE}
    (read,) = group_codes_of(frame(item, {"qrcode": ""}, {"qrcode": 5}, socket_type=socket_type))
    assert (read.group_name, read.group_remark, read.qr_code) == ("一群", "", QR_CODE)
    assert QR_CODE not in repr(read)


class Kept:
    """Groups, codes and ordered callbacks in one."""

    def __init__(self) -> None:
        self.pages: list[GroupDescription] = []
        self.codes: list[GroupCode] = []
        self.ordered: list[tuple[str, str, str]] = []

    def describe(self, robot_id: str, description: GroupDescription, at_ms: int) -> None:
        self.pages.append(description)

    def keep(self, code: GroupCode) -> None:
        self.codes.append(code)

    def code(self, robot_id: str, code_id: str) -> GroupCode | None:
        return next((code for code in self.codes if (code.robot_id, code.code_id) == (robot_id, code_id)), None)

    def order(self, kind: str, robot_id: str, record_id: str) -> None:
        self.ordered.append((kind, robot_id, record_id))


def test_a_frame_is_kept_and_its_codes_are_told() -> None:
    kept = Kept()
    pages = [{"type": 501, "groupName": f"群{number}"} for number in range(MAX_TAKEN + 1)]
    reports = GroupReports(kept, kept, lambda: kept, lambda: 1000)
    reports.take("robot_1", frame(*pages, {"type": 504, "groupName": "一群", "qrcode": QR_CODE}))
    assert len(kept.pages) == MAX_TAKEN
    ((kind, robot_id, code_id),) = kept.ordered
    assert (kind, kept.code(robot_id, code_id)) == ("group_qr", kept.codes[0])


class Records(Kept):
    """Also the robot and its periods."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Any = ROBOT
        self.ended: OnlinePeriod | None = OnlinePeriod(ROBOT.robot_id, 1_700_000_000_000, 1_700_000_090_500)

    def robot(self, robot_id: str) -> Any:
        return self.found

    def command(self, robot_id: str, command_id: str) -> Command | None:
        return None

    def message(self, robot_id: str, message_id: str) -> None:
        return None

    def save(self, name: str, content: bytes) -> None:
        raise NotImplementedError

    def load(self, name: str) -> bytes:
        raise NotImplementedError

    def period(self, robot_id: str, online_at_ms: int) -> OnlinePeriod | None:
        return self.ended

    def payloads(self) -> RecordPayloads:
        return RecordPayloads(self, self, self, self, self, SHANGHAI)


def told(records: Records, kind: Any, record_id: str = "1700000000000", url: str = "https://example.com/x") -> Any:
    return records.payloads().payload(kind, ROBOT.robot_id, record_id, url)


def test_what_is_told_of_coming_and_going() -> None:
    records = Records()
    robot = {"robotId": ROBOT.robot_id, "robotUuid": ROBOT.robot_uuid, "robotName": ROBOT.name}
    came = {"onlineTime": "2023-11-14T22:13:20.000Z", "offlineTime": None, "onlineSeconds": 0}
    assert told(records, "online") == robot | came | {"type": 5, "status": 5, "timestamp": came["onlineTime"]}
    went = {**came, "offlineTime": "2023-11-14T22:14:50.500Z", "onlineSeconds": 90}
    assert told(records, "offline") == robot | went | {"type": 6, "status": 6, "timestamp": went["offlineTime"]}


def test_wecoms_own_webhook_is_told_in_its_form_and_never_the_id() -> None:
    records = Records()
    came, went = (told(records, kind, url=WECOM_WEBHOOK) for kind in ("online", "offline"))
    assert came == {"msgtype": "text", "text": {"content": "机器人「小助手」已上线（2023-11-15 06:13:20）"}}
    assert went == {"msgtype": "text", "text": {"content": "机器人「小助手」已下线（2023-11-15 06:14:50）"}}


def test_what_is_told_of_a_code() -> None:
    records = Records()
    code = new_group_code(ROBOT.robot_id, "一群", "备注", QR_CODE, 1_700_000_000_000)
    records.keep(code)
    payload = told(records, "group_qr", code.code_id)
    assert (payload["groupName"], payload["groupRemark"], payload["qrCode"]) == ("一群", "备注", QR_CODE)
    assert (payload["messageId"], payload["errorCode"], payload["type"]) == (code.code_id, 0, 504)
    assert QR_CODE not in repr(code)


@pytest.mark.parametrize("kind", ["online", "offline", "group_qr", "message", "result"])
def test_nothing_is_told_of_what_is_gone(kind: str) -> None:
    records = Records()
    records.ended = None
    assert told(records, kind) is None
    records = Records()
    records.keep(GroupCode(ROBOT.robot_id, "1700000000000", "一群", "", QR_CODE, 1))
    for robot in (None, replace(ROBOT, deleted_at_ms=1)):
        records.found = robot
        assert told(records, kind) is None


@pytest.mark.parametrize(
    ("body", "accepted", "text"),
    [
        (b'{"code":0,"message":"success"}', True, ""),
        (b'{"code":-1}', False, ""),
        (b'{"errcode":0,"errmsg":"ok"}', True, ""),
        (b'{"errcode":93000,"errmsg":"invalid webhook url"}', False, ""),
        (b"ok", True, ""),
        (b"[" * 10_000, True, ""),
        ('{"code":0,"data":{"type":5000,"info":{"text":" 九点 "}}}'.encode(), True, "九点"),
        (b'{"code":0,"data":{"type":5001,"info":{"text":"x"}}}', True, ""),
        (b'{"code":0,"data":{"type":5000,"info":"x"}}', True, ""),
        (b'{"code":0,"data":{"type":5000,"info":{"text":5}}}', True, ""),
        (b'{"code":0,"data":[]}', True, ""),
    ],
)
def test_what_a_third_party_answers(body: bytes, accepted: bool, text: str) -> None:
    assert (is_accepted(body), answered_text(body)) == (accepted, text)
