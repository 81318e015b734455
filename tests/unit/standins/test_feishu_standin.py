"""The stand-in refuses what the platform refuses: a check that lets everything through checks nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from shared.platforms.feishu_hook import sign
from tests.fakes.clock import FakeClock
from tests.standins.assets import MP4, PDF, PNG
from tests.standins.feishu import (
    APP_ID,
    APP_SECRET,
    CHAT_ID,
    FILES_PATH,
    HOOK_ID,
    HOOK_PREFIX,
    HOOK_SECRET,
    IMAGES_PATH,
    MESSAGES_PATH,
    SIGNED_HOOK_ID,
    TOKEN_PATH,
    FeishuStandIn,
)
from tests.standins.feishu_hooks import CustomBot


class Client:
    """An app that talks to the stand-in by hand."""

    def __init__(self, feishu: FeishuStandIn, clock: FakeClock) -> None:
        self.feishu = feishu
        self.clock = clock
        self.token = ""

    def post(self, path: str, **request: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return requests.post(self.feishu.base_url + path, headers=headers, timeout=10, **request)

    def ask_for_token(self, app_id: str = APP_ID, app_secret: str = APP_SECRET) -> dict[str, Any]:
        body: dict[str, Any] = self.post(TOKEN_PATH, json={"app_id": app_id, "app_secret": app_secret}).json()
        return body

    def send(self, msg_type: str = "text", content: Any = None, id_type: str = "chat_id", **fields: Any) -> Any:
        shown = {"text": "hi"} if content is None else content
        body = {"receive_id": CHAT_ID, "msg_type": msg_type, "content": json.dumps(shown)} | fields
        return self.post(f"{MESSAGES_PATH}?receive_id_type={id_type}", json=body).json()

    def upload_image(self, content: bytes = PNG, **fields: str) -> Any:
        form = {"image_type": "message"} | fields
        return self.post(IMAGES_PATH, data=form, files={"image": ("a.png", content, "image/png")}).json()

    def upload_file(self, file_type: str, content: bytes = PDF, **fields: str) -> Any:
        form = {"file_type": file_type, "file_name": "f.bin"} | fields
        return self.post(FILES_PATH, data=form, files={"file": ("f.bin", content, "application/x")}).json()

    def hook(self, body: Any, hook_id: str = HOOK_ID) -> requests.Response:
        return self.post(HOOK_PREFIX + hook_id, json=body)


@pytest.fixture
def client() -> Iterator[Client]:
    clock = FakeClock()
    with FeishuStandIn(clock=clock) as feishu:
        opened = Client(feishu, clock)
        opened.token = opened.ask_for_token()["tenant_access_token"]
        yield opened


def post_of(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"zh_cn": {"title": "", "content": list(rows)}}


# --- tokens ---


def test_the_same_token_comes_back_until_half_an_hour_before_its_end(client: Client) -> None:
    client.clock.advance(5_400)
    again = client.ask_for_token()
    assert (again["tenant_access_token"], again["expire"]) == (client.token, 1_800)
    client.clock.advance(1)
    newer = client.ask_for_token()
    assert newer["tenant_access_token"] != client.token
    assert newer["expire"] == 7_200
    assert client.send()["code"] == 0  # the older one still holds
    client.clock.advance(1_799)
    assert client.send()["code"] == 99991663
    client.token = newer["tenant_access_token"]
    assert client.send()["code"] == 0


@pytest.mark.parametrize(("app_id", "secret", "code"), [(APP_ID, "wrong", 10014), ("cli_nobody", "x", 10003)])
def test_wrong_credentials(client: Client, app_id: str, secret: str, code: int) -> None:
    assert client.ask_for_token(app_id, secret)["code"] == code


def test_a_missing_an_unknown_and_a_revoked_token(client: Client) -> None:
    client.feishu.revoke_tokens()
    assert client.send()["code"] == 99991663
    client.token = "t-invented"
    assert client.send()["code"] == 99991663
    client.token = ""
    assert client.send()["code"] == 99991661
    assert client.upload_image()["code"] == 99991661


# --- messages ---


def test_a_uuid_posts_once_an_hour(client: Client) -> None:
    first = client.send(uuid="u1")["data"]["message_id"]
    assert client.send(uuid="u1", content={"text": "changed"})["data"]["message_id"] == first
    assert client.send(uuid="u2")["data"]["message_id"] != first
    assert len(client.feishu.sent) == 2
    client.clock.advance(3_601)
    client.token = client.ask_for_token()["tenant_access_token"]
    assert client.send(uuid="u1")["data"]["message_id"] != first


def test_without_a_uuid_every_request_posts(client: Client) -> None:
    client.send()
    client.send()
    assert len(client.feishu.received()) == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"id_type": "phone"}, 230001),
        ({"id_type": "open_id"}, 230034),
        ({"receive_id": "oc_elsewhere"}, 230002),
        ({"uuid": "u" * 51}, 230001),
        ({"receive_id_type": "chat_id"}, 230001),
        ({"uuid": 5}, 230001),
        ({"content": {"text": "x" * 160_000}}, 230025),
        ({"content": {"text": ""}}, 230001),
        ({"content": {"texts": "x"}}, 230001),
        ({"content": ["x"]}, 230001),
        ({"msg_type": "poem"}, 230001),
        ({"msg_type": "post", "content": post_of([{"tag": "text", "text": "x" * 31_000}])}, 230025),
        ({"msg_type": "post", "content": {"post": post_of([{"tag": "text", "text": "x"}])}}, 230001),
        ({"msg_type": "post", "content": post_of()}, 230001),
        ({"msg_type": "post", "content": post_of([])}, 230001),
        ({"msg_type": "post", "content": post_of([{"tag": "blink", "text": "x"}])}, 230001),
        ({"msg_type": "post", "content": post_of([{"tag": "text"}])}, 230001),
        ({"msg_type": "post", "content": post_of([{"tag": "text", "text": "x", "size": 3}])}, 230001),
        ({"msg_type": "post", "content": post_of([{"tag": "text", "text": "x", "style": ["big"]}])}, 230001),
        ({"msg_type": "post", "content": post_of([{"tag": "a", "text": "x", "href": "javascript:x"}])}, 230001),
        ({"msg_type": "post", "content": post_of([{"tag": "img", "image_key": "img_none"}])}, 230001),
        ({"msg_type": "post", "content": post_of([{"tag": "hr"}, {"tag": "hr"}])}, 230001),
        ({"msg_type": "image", "content": {"image_key": "img_none"}}, 230001),
        ({"msg_type": "file", "content": {"file_key": "file_none"}}, 230001),
    ],
)
def test_what_is_refused(client: Client, fields: dict[str, Any], code: int) -> None:
    assert client.send(**fields)["code"] == code
    assert client.feishu.sent == []


def test_content_has_to_be_a_string_and_the_type_in_the_query(client: Client) -> None:
    body = {"receive_id": CHAT_ID, "msg_type": "text", "content": {"text": "hi"}}
    path = f"{MESSAGES_PATH}?receive_id_type=chat_id"
    assert client.post(path, json=body).json()["code"] == 230001
    body["content"] = json.dumps(body["content"])
    assert client.post(MESSAGES_PATH, json=body).json()["code"] == 230001
    assert client.post(path, json=body).json()["code"] == 0


@pytest.mark.parametrize(
    ("msg_type", "content"),
    [
        ("text", {"text": 'x <at user_id="all"></at>'}),
        ("text", {"text": "< AT user_id=1>"}),
        ("post", post_of([{"tag": "at", "user_id": "all"}])),
        ("post", post_of([{"tag": "md", "text": "<at id=all></at>"}])),
    ],
)
def test_live_mentions_are_kept(client: Client, msg_type: str, content: dict[str, Any]) -> None:
    assert client.send(msg_type, content)["code"] == 0
    assert len(client.feishu.mentions) == 1
    served = requests.get(f"{client.feishu.base_url}/_standin/mentions", timeout=10).json()
    assert served == client.feishu.mentions


# --- uploads ---


def test_pictures_and_files_are_shown_by_their_keys(client: Client) -> None:
    image_key = client.upload_image()["data"]["image_key"]
    file_key = client.upload_file("pdf")["data"]["file_key"]
    video_key = client.upload_file("mp4", MP4, duration="1000")["data"]["file_key"]
    assert client.send("post", post_of([{"tag": "img", "image_key": image_key}]))["code"] == 0
    assert client.send("file", {"file_key": file_key})["code"] == 0
    assert client.send("media", {"file_key": video_key})["code"] == 0
    assert [file.size_bytes for message in client.feishu.received() for file in message.files] == [
        len(PNG),
        len(PDF),
        len(MP4),
    ]
    assert client.send("file", {"file_key": video_key})["code"] == 230055
    assert client.send("audio", {"file_key": file_key})["code"] == 230055


def test_an_upload_belongs_to_its_app(client: Client) -> None:
    file_key = client.upload_file("pdf")["data"]["file_key"]
    client.feishu.apps["cli_other"] = "other-secret"
    client.token = client.ask_for_token("cli_other", "other-secret")["tenant_access_token"]
    assert client.send("file", {"file_key": file_key})["code"] == 230017


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        (b"", {}, 234010),
        (PNG + bytes(10 * 1024 * 1024), {}, 234006),
        (b"no picture", {}, 234011),
        (PNG, {"image_type": "poster"}, 234001),
        (PNG, {"extra": "x"}, 234001),
    ],
)
def test_pictures_that_are_refused(client: Client, content: bytes, fields: dict[str, str], code: int) -> None:
    assert client.upload_image(content, **fields)["code"] == code


@pytest.mark.parametrize(
    ("file_type", "content", "fields", "code"),
    [
        ("zip", PDF, {}, 234001),
        ("stream", b"", {}, 234010),
        ("stream", bytes(30 * 1024 * 1024 + 1), {}, 234006),
        ("stream", PDF, {"file_name": ""}, 234001),
        ("mp4", MP4, {"duration": "1.5"}, 234001),
    ],
)
def test_files_that_are_refused(
    client: Client, file_type: str, content: bytes, fields: dict[str, str], code: int
) -> None:
    assert client.upload_file(file_type, content, **fields)["code"] == code


# --- custom bots ---


TEXT_POST = {"msg_type": "text", "content": {"text": "hi"}}


def test_a_custom_bot_answers_in_both_old_and_new_words(client: Client) -> None:
    answer = client.hook(TEXT_POST).json()
    assert (answer["code"], answer["StatusCode"], answer["msg"]) == (0, 0, "success")
    deeper = {"msg_type": "post", "content": {"post": post_of([{"tag": "text", "text": "x"}])}}
    assert client.hook(deeper).json()["code"] == 0
    assert [message.text for message in client.feishu.received()] == ["hi", "x"]


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({"msg_type": "text", "content": '{"text": "hi"}'}, 9499, 400),
        ({"msg_type": "post", "content": post_of([{"tag": "text", "text": "x"}])}, 9499, 400),
        ({"msg_type": "text", "content": {"text": "hi"}, "uuid": "x"}, 9499, 400),
        (["x"], 9499, 400),
        ({"msg_type": "text", "content": {"text": "x" * 21_000}}, 19036, 400),
    ],
)
def test_custom_bot_posts_that_are_refused(client: Client, body: Any, code: int, status: int) -> None:
    answer = client.hook(body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.feishu.sent == []


def test_an_unknown_hook_is_refused_with_status_200(client: Client) -> None:
    answer = client.hook(TEXT_POST, "0f0e0d0c-0000")
    assert (answer.status_code, answer.json()["code"]) == (200, 19001)


@pytest.mark.parametrize(("age_seconds", "code"), [(0, 0), (3_600, 0), (3_601, 19021), (-3_601, 19021)])
def test_signatures_are_good_for_an_hour(client: Client, age_seconds: int, code: int) -> None:
    timestamp = int(client.clock.seconds) - age_seconds
    body = TEXT_POST | {"timestamp": str(timestamp), "sign": sign(timestamp, HOOK_SECRET)}
    assert client.hook(body, SIGNED_HOOK_ID).json()["code"] == code


@pytest.mark.parametrize("change", [{"sign": "x"}, {"timestamp": 1}, {"timestamp": "soon"}, {"sign": None}])
def test_signatures_that_do_not_fit(client: Client, change: dict[str, Any]) -> None:
    timestamp = int(client.clock.seconds)
    body = TEXT_POST | {"timestamp": str(timestamp), "sign": sign(timestamp, HOOK_SECRET)} | change
    assert client.hook(body, SIGNED_HOOK_ID).json()["code"] == 19021
    assert client.hook(TEXT_POST, SIGNED_HOOK_ID).json()["code"] == 19021


def test_keywords_are_demanded(client: Client) -> None:
    client.feishu.hooks[HOOK_ID] = CustomBot(keywords=("公告", "notice"))
    assert client.hook(TEXT_POST).json()["code"] == 19024
    assert client.hook({"msg_type": "text", "content": {"text": "a notice"}}).json()["code"] == 0
