"""What WorkTool's lists and callbacks tell of a scripted client: that it came and went, its groups, what was asked."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack, eventually
from tests.integration.robot_device import FRAME_WITHIN_SECONDS, worktool_connected
from tests.integration.robot_stack import GROUP
from tests.integration.worktool_caller import WorkToolCaller
from tests.standins.server import Answer, RecordedRequest, StandInServer

pytestmark = needs_durable_engines

QR_CODE = "https://wework.qpic.cn/wwpic/canary-code"
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


class AnsweringThirdParty(StandInServer):
    """A third party that answers questions at once, as WorkTool's own documents have it."""

    name: ClassVar[str] = "answering-third-party"

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, dict[str, Any]]] = []

    def respond(self, request: RecordedRequest) -> Answer:
        body = json.loads(request.body)
        with self.lock:
            self.told.append((request.path, body))
            self.lock.notify_all()
        if request.path == "/11" and body["spoken"] == "几点开门":
            return Answer.of_json({"code": 0, "message": "ok", "data": {"type": 5000, "info": {"text": "九点"}}})
        return Answer.of_json({"code": 0, "message": "success"})

    def of(self, path: str, count: int) -> list[dict[str, Any]]:
        def found() -> list[dict[str, Any]] | None:
            bodies = [body for told_path, body in self.told if told_path == path]
            return bodies if len(bodies) >= count else None

        return eventually(found)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    environment = {
        "ROBOTS_RATE_LIMIT_PER_MINUTE": "100000",
        "TIME_ZONE": "Asia/Shanghai",
        "OUTBOUND_ALLOW": "127.0.0.1/32",
        "ROBOTS_MAX_OPEN_COMMANDS": "5",
    }
    with EmbeddedStack(tmp_path_factory.mktemp("lists") / "data", environment=environment) as running:
        yield running
        assert QR_CODE not in running.output()


@pytest.fixture
def third_party() -> Iterator[AnsweringThirdParty]:
    with AnsweringThirdParty() as running:
        yield running


@pytest.fixture
def caller(stack: EmbeddedStack, third_party: AnsweringThirdParty) -> WorkToolCaller:
    caller = WorkToolCaller(stack)
    for kind in (0, 5, 6, 11):
        body = {"type": kind, "callBackUrl": f"{third_party.base_url}/{kind}"}
        caller.data("POST", "/robot/robotInfo/callBack/bind", body)
    return caller


def said(group: str, sender: str, text: str, room_type: int = 1) -> dict[str, Any]:
    message = {"sender": 0, "textType": 1, "itemMessageList": [{"feature": 2, "text": text}], "nameList": [sender]}
    return {"type": 101, "roomType": room_type, "titleList": [group], "messageList": [message]}


def play(caller: WorkToolCaller, *items: dict[str, Any], commands: int = 0) -> list[dict[str, Any]]:
    """Connect, send each item in a frame of its own, take so many commands and go."""

    async def run() -> list[dict[str, Any]]:
        async with worktool_connected(caller.stack, caller.robot_id) as socket:
            for number, item in enumerate(items):
                await socket.send_str(json.dumps({"socketType": 2, "messageId": f"m{number}", "list": [item]}))
            taken = []
            for _ in range(commands):
                frame = json.loads(await asyncio.wait_for(socket.receive_str(), FRAME_WITHIN_SECONDS))
                result = {"rawMsg": "{}", "errorCode": 0, "errorReason": "", "runTime": 1, "timeCost": 1.5}
                await socket.send_str(json.dumps({"socketType": 3, "messageId": frame["messageId"], "list": [result]}))
                taken.append(frame["list"][0])
            await socket.send_str('{"type":11}')
            return taken

    return asyncio.run(run())


def test_coming_and_going_is_told_once_each_and_listed(
    caller: WorkToolCaller, third_party: AnsweringThirdParty
) -> None:
    assert caller.data("GET", "/robot/robotInfo/onlineInfos") == []
    assert caller.data("GET", "/robot/robotInfo/online") is False
    for times in (1, 2):
        play(caller)
        came, went = third_party.of("/5", times)[-1], third_party.of("/6", times)[-1]
        assert (came["robotId"], came["robotName"], came["type"]) == (caller.robot_id, "小助手", 5)
        assert (went["type"], went["onlineTime"], came["offlineTime"]) == (6, came["onlineTime"], None)
        assert caller.data("GET", "/robot/robotInfo/online") is False
    later, earlier = caller.data("GET", "/robot/robotInfo/onlineInfos")
    assert later["onlineTime"] >= earlier["offline"] >= earlier["onlineTime"]
    assert {type(period["onlineTimes"]) for period in (later, earlier)} <= {float, int}
    assert [len(third_party.of(path, 2)) for path in ("/5", "/6")] == [2, 2]
    today = dt.datetime.now(SHANGHAI)
    days = [(today + dt.timedelta(days=shift)).strftime("%Y-%m-%d") for shift in (-2, 2)]
    for day in days:
        assert caller.data("GET", "/robot/robotInfo/onlineInfos", date=day) == []
    assert caller.data("GET", "/robot/robotInfo/onlineInfos", size=1, page=2) == [earlier]
    for query in ({"date": "yesterday"}, {"date": "2024-13-01"}, {"page": 0}, {"size": 201}):
        assert caller.send("GET", "/robot/robotInfo/onlineInfos", **query).status_code == 400


def test_a_robot_is_online_while_its_newest_socket_is_open(
    caller: WorkToolCaller, third_party: AnsweringThirdParty
) -> None:
    async def run() -> None:
        async with worktool_connected(caller.stack, caller.robot_id):
            async with worktool_connected(caller.stack, caller.robot_id):
                pass
            async with worktool_connected(caller.stack, caller.robot_id) as newest:
                await newest.send_str('{"type":11}')
                assert await asyncio.to_thread(caller.data, "GET", "/robot/robotInfo/online") is True
                (period, *_) = await asyncio.to_thread(caller.data, "GET", "/robot/robotInfo/onlineInfos")
                assert (period["offline"], period["onlineTimes"]) == (None, None)

    asyncio.run(run())
    third_party.of("/6", 1)


def test_groups_are_listed_with_what_the_client_read_of_them(caller: WorkToolCaller) -> None:
    page = {
        "type": 501,
        "groupName": "二群",
        "groupOwner": "仑哥",
        "groupNumber": 12,
        "groupAnnouncement": "公告",
        "groupRemark": "老客户",
    }
    play(caller, said(GROUP, "小红", "你好"), said(GROUP, "小明", "在吗"), said("小王", "小王", "嗨", 2), page)
    second, first = eventually(
        lambda: rows if len(rows := caller.data("GET", "/robot/wework/group/list")["list"]) == 2 else None
    )
    assert (first["groupName"], first["workType"], first["msgNum"], first["membersNum"]) == (GROUP, "external", 2, 0)
    told = {
        name: second[name] for name in ("groupName", "masterName", "membersNum", "groupAnnouncement", "groupRemark")
    }
    assert told == {
        "groupName": "二群",
        "masterName": "仑哥",
        "membersNum": 12,
        "groupAnnouncement": "公告",
        "groupRemark": "老客户",
    }
    # What the client could not read does not undo what it had read.
    play(caller, {"type": 501, "groupName": "二群", "nameList": ["甲", "乙"]}, said("二群", "甲", "哈", 3))
    found = eventually(
        lambda: row if (row := caller.data("GET", "/robot/wework/group/list")["list"][0])["msgNum"] else None
    )
    assert (found["masterName"], found["membersNum"], found["workType"]) == ("仑哥", 2, "internal")

    def listed(**query: Any) -> dict[str, Any]:
        data: dict[str, Any] = caller.data("GET", "/robot/wework/group/list", **query)
        return {**data, "list": [row["groupName"] for row in data["list"]]}

    paged = {"pageNum": 1, "pageSize": 1, "totalPage": 2, "total": 2, "list": ["二群"]}
    assert listed(size=1) == paged
    assert listed(size=1, page=2) == {**paged, "pageNum": 2, "list": [GROUP]}
    assert listed(groupName="客户")["list"] == ["二群", GROUP]  # one of them by its remark
    assert listed(groupName="没有") == {"pageNum": 1, "pageSize": 10, "totalPage": 0, "total": 0, "list": []}


def test_a_groups_qr_code_is_told(caller: WorkToolCaller, third_party: AnsweringThirdParty) -> None:
    play(caller, {"type": 504, "groupName": GROUP, "groupRemark": "备注", "qrcode": QR_CODE})
    (told,) = third_party.of("/0", 1)
    assert (told["robotId"], told["groupName"], told["groupRemark"]) == (caller.robot_id, GROUP, "备注")
    assert (told["qrCode"], told["errorCode"]) == (QR_CODE, 0)


def test_a_third_partys_answer_is_sent_and_listed_with_its_question(
    caller: WorkToolCaller, third_party: AnsweringThirdParty
) -> None:
    (answer,) = play(caller, said(GROUP, "小明", "不用回"), said(GROUP, "小红", "@小助手 几点开门"), commands=1)
    assert answer == {"type": 203, "titleList": [GROUP], "receivedContent": "九点", "atList": ["小红"]}
    assert len(third_party.of("/11", 2)) == 2

    def told() -> list[dict[str, Any]] | None:
        rows: list[dict[str, Any]] = caller.data("GET", "/robot/qaLog/list", sort="start_time,desc")["list"]
        return rows if [row["openThirdParty"] for row in rows] == [1, 1] else None

    asked, other = sorted(eventually(told), key=lambda row: str(row["answer"]), reverse=True)
    assert (asked["question"], asked["rawSpoken"], asked["answer"]) == ("几点开门", "@小助手 几点开门", "九点")
    assert (asked["receivedName"], asked["groupName"], asked["atMe"], asked["errorReason"]) == ("小红", GROUP, True, "")
    assert (other["question"], other["answer"]) == ("不用回", "")
    assert asked["timeCost"] is not None

    def listed(**query: Any) -> list[str]:
        return [row["question"] for row in caller.data("GET", "/robot/qaLog/list", **query)["list"]]

    assert listed(name="小红") == ["几点开门"]
    assert listed(messageId=other["messageId"]) == ["不用回"]
    assert sorted(listed(name=GROUP)) == sorted(listed(sort="start_time,asc")) == sorted(["不用回", "几点开门"])
    assert listed(endTime="2024-12-01 00:00:00") == listed(messageId="msg_of_another") == []
    assert caller.send("GET", "/robot/qaLog/list", startTime="x").status_code == 400


def test_a_robot_has_room_for_so_many_commands(caller: WorkToolCaller) -> None:
    def send(count: int) -> Any:
        items = [{"type": 203, "titleList": [GROUP], "receivedContent": f"{number}"} for number in range(count)]
        return caller.send("POST", "/wework/sendRawMessage", {"socketType": 2, "list": items})

    refused = send(6)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "5" in refused.json()["message"]
    assert caller.data("GET", "/wework/listRawMessage")["list"] == []
    assert send(5).status_code == 200
    assert send(1).status_code == 429
    play(caller, commands=5)
    assert eventually(lambda: send(1).status_code == 200)


def test_operations_and_queries_are_carried_out_and_their_answers_listed(
    caller: WorkToolCaller, third_party: AnsweringThirdParty
) -> None:
    caller.data("POST", "/robot/robotInfo/callBack/bind", {"type": 1, "callBackUrl": f"{third_party.base_url}/1"})
    new_group = {"type": 206, "groupName": "新群", "selectList": ["小红"]}
    refused = caller.send("POST", "/wework/sendRawMessage", {"socketType": 2, "list": [new_group, {"type": 219}]})
    assert refused.status_code == 400
    assert "list.1.groupName" in refused.json()["message"]
    operations = [new_group, {"type": 503}, {"type": 304}]
    answer = caller.send("POST", "/wework/sendRawMessage", {"socketType": 2, "list": operations}).json()

    async def run() -> list[dict[str, Any]]:
        taken = []
        async with worktool_connected(caller.stack, caller.robot_id) as socket:
            for _ in operations:
                frame = json.loads(await asyncio.wait_for(socket.receive_str(), FRAME_WITHIN_SECONDS))
                (item,) = frame["list"]
                taken.append(item)
                await socket.send_str(json.dumps({"socketType": 1, "messageId": frame["messageId"]}))
                if item["type"] == 206:
                    result = {"errorCode": 0, "errorReason": "", "timeCost": 9, "groupName": "新群", "qrcode": QR_CODE}
                    reply = {"socketType": 3, "messageId": frame["messageId"], "list": [result]}
                    await socket.send_str(json.dumps(reply))
                if item["type"] == 503:
                    told = {"type": 503, "myInfo": {"name": "小助手"}}
                    await socket.send_str(json.dumps({"socketType": 2, "messageId": "m", "list": [told]}))
            await asyncio.to_thread(third_party.of, "/1", 3)
        return taken

    assert sorted(asyncio.run(run()), key=json.dumps) == sorted(operations, key=json.dumps)
    (code,) = third_party.of("/0", 1)
    assert (code["groupName"], code["qrCode"]) == ("新群", QR_CODE)
    results = {body["type"]: body for body in third_party.of("/1", 3)}
    assert {kind: body["errorCode"] for kind, body in results.items()} == {206: 0, 503: 0, 304: 0}
    listed = caller.data("GET", "/robot/rawMsg/list")["list"]
    assert {row["messageId"] for row in listed} == set(answer["ids"])
    metas = {row["type"]: row["metaJson"] for row in listed}
    assert (json.loads(metas[503])["myInfo"], metas[206]) == ({"name": "小助手"}, "")


def test_the_clients_own_settings_are_kept_as_texts_and_numbers(caller: WorkToolCaller) -> None:
    shown = caller.data("GET", "/robot/robotInfo/get")
    assert (shown["replyAll"], shown["encryptType"], shown["callBackRequestType"]) == (1, 0, 2)
    caller.data("POST", "/robot/robotInfo/update", {"replyAll": "0", "encryptType": 1, "secretKey": "123456"})
    kept = caller.data("GET", "/robot/robotInfo/get")
    assert kept == {**shown, "replyAll": 0, "encryptType": 1}
    for body in ({"replyAll": "x"}, {"replyAll": 10}, {"encryptType": 2}, {"encryptType": "1"}):
        assert caller.send("POST", "/robot/robotInfo/update", body).status_code == 400
