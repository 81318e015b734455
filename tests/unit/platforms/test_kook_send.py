"""Posting to KOOK: what is uploaded, what becomes of it when that fails, and what failures mean."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.kook.client.errors import (
    InvalidCall,
    KookAnswerUnreadable,
    KookApiError,
    KookError,
    KookRateLimited,
    KookUnreachable,
)
from shared.kook.echo import is_own_nonce
from shared.message.model import MediaItem
from shared.platforms.base import SendContext
from shared.platforms.kook import KookPlatform
from shared.platforms.kook_answers import kook_outcome
from shared.platforms.media import FetchedMedia, MediaUnavailable
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from tests.fakes.relay_messages import media_item, relay_message
from tests.fakes.scripted_media import ScriptedMedia

TOKEN = "1/MTAwMDE=/q8n2Ejhdc7w5oTYgSg1RHA=="
CREATE, UPLOAD = "message/create", "asset/create"


@dataclass
class FakeClient:
    """Raises what ``failures`` hold for a call, in order, and else takes everything."""

    failures: dict[str, list[Exception | None]] = field(default_factory=dict)
    posts: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[tuple[str, bytes, str]] = field(default_factory=list)
    asset_url: str = "https://img.kookapp.cn/assets/2026-11/{name}"

    def message_create(
        self, target_id: str, content: str, *, type: int = 9, quote: str | None = None, nonce: str | None = None
    ) -> Any:
        self._fail(CREATE)
        self.posts.append({"target_id": target_id, "type": type, "content": content, "nonce": nonce})
        return {"msg_id": f"m{len(self.posts)}", "msg_timestamp": 1, "nonce": nonce or ""}

    def asset_create(self, file_name: str, content: bytes, mime_type: str = "application/octet-stream") -> str:
        self._fail(UPLOAD)
        self.uploads.append((file_name, content, mime_type))
        return self.asset_url.format(name=file_name)

    def _fail(self, call: str) -> None:
        waiting = self.failures.get(call, [])
        failure = waiting.pop(0) if waiting else None
        if failure is not None:
            raise failure


class Setup:
    def __init__(self, client: FakeClient | None = None, media: ScriptedMedia | None = None) -> None:
        self.client = client or FakeClient()
        self.tokens: list[str] = []
        self.platform = KookPlatform(self._client_of, media or ScriptedMedia())
        config = self.platform.validate_config({"bot_token": TOKEN, "channel_id": "8001"})
        self.destination = self.platform.destination(1, config, "")

    def _client_of(self, token: str) -> FakeClient:
        self.tokens.append(token)
        return self.client

    def send(self, *media: MediaItem, text: str = "hi", attempt: int = 1) -> Outcome:
        (part,) = self.platform.compose(relay_message(text, *media), self.destination, "")
        return self.platform.send(part, self.destination, SendContext("key-1", attempt))

    @property
    def modules(self) -> list[dict[str, Any]]:
        (card,) = json.loads(self.client.posts[0]["content"])
        assert card["theme"] == "invisible"
        modules: list[dict[str, Any]] = card["modules"]
        return modules


def refused(code: int = 40000, message: str = "no", status: int = 200, call: str = CREATE) -> KookApiError:
    return KookApiError(call, code, message, status)


def test_text_is_kmarkdown_with_the_relays_nonce() -> None:
    setup = Setup()
    assert setup.send() == Delivered(("m1",))
    assert setup.client.posts == [{"target_id": "8001", "type": 9, "content": "hi", "nonce": "kook-relay:key-1"}]
    assert is_own_nonce("kook-relay:key-1")
    assert not is_own_nonce("user's own")
    assert setup.tokens == [TOKEN]


def test_media_are_uploaded_and_shown_whole_under_the_text_in_order() -> None:
    webp = media_item("image", "c.webp")
    media = ScriptedMedia({"c.webp": FetchedMedia(b"RIFF", "image/webp", "c.webp")})
    setup = Setup(media=media)
    items = [
        media_item("image", "a.png"),
        media_item("image", "b.png"),
        webp,
        media_item("video", "v.mp4"),
        media_item("audio", "s.mp3"),
        media_item("file", "f.pdf"),
        media_item("image", "d.png"),
    ]
    assert setup.send(*items) == Delivered(("m1",))
    assert [name for name, _, _ in setup.client.uploads] == [item.name for item in items]
    assert setup.client.uploads[0] == ("a.png", b"\x89PNG", "image/png")
    assert setup.client.posts[0]["type"] == 10

    def address(name: str) -> str:
        return f"https://img.kookapp.cn/assets/2026-11/{name}"

    def picture(name: str) -> dict[str, Any]:
        return {"type": "image", "src": address(name), "size": "lg"}

    assert setup.modules == [
        {"type": "section", "text": {"type": "kmarkdown", "content": "hi"}},
        {"type": "container", "elements": [picture("a.png"), picture("b.png")]},
        {"type": "file", "src": address("c.webp"), "title": "c.webp", "size": 4},
        {"type": "video", "src": address("v.mp4"), "title": "v.mp4"},
        {"type": "audio", "src": address("s.mp3"), "title": "s.mp3"},
        {"type": "file", "src": address("f.pdf"), "title": "f.pdf", "size": 4},
        {"type": "container", "elements": [picture("d.png")]},
    ]


def test_what_cannot_be_fetched_is_a_link_below_the_rest() -> None:
    media = ScriptedMedia({"gone.png": MediaUnavailable("http_404", "gone")})
    setup = Setup(media=media)
    outcome = setup.send(media_item("image", "gone.png"), media_item("image", "a.png"))
    assert outcome == Delivered(("m1",), ("image_as_link: http_404",))
    kinds = [module["type"] for module in setup.modules]
    assert kinds == ["section", "container", "section"]
    assert "gone.png](https://img.kookapp.cn/attachments/gone.png)" in setup.modules[2]["text"]["content"]


def test_without_any_upload_left_it_is_an_ordinary_message() -> None:
    media = ScriptedMedia({"gone.png": MediaUnavailable("http_404", "gone")})
    setup = Setup(media=media)
    setup.send(media_item("image", "gone.png"))
    (post,) = setup.client.posts
    assert post["type"] == 9
    assert post["content"] == "hi\n[🖼 gone.png](https://img.kookapp.cn/attachments/gone.png)"


@pytest.mark.parametrize(
    ("failure", "note"),
    [
        (refused(40014, "too large", call=UPLOAD), "image_as_link: upload refused with 40014"),
        (refused(40000, "格式错误", call=UPLOAD), "image_as_link: upload refused with 40000"),
        (InvalidCall("file", "is larger than 5 bytes"), "image_as_link: is larger than 5 bytes"),
    ],
)
def test_an_upload_that_is_refused_is_a_link(failure: Exception, note: str) -> None:
    setup = Setup(FakeClient({UPLOAD: [failure]}))
    assert setup.send(media_item("image", "a.png")) == Delivered(("m1",), (note,))


def test_an_upload_without_a_usable_address_is_a_link() -> None:
    setup = Setup(FakeClient(asset_url="assets/{name}"))
    assert setup.send(media_item("image", "a.png")) == Delivered(
        ("m1",), ("image_as_link: upload answered without an address",)
    )


@pytest.mark.parametrize(
    "failure",
    [
        KookUnreachable(UPLOAD, "timeout", "nothing came", maybe_done=True),
        KookUnreachable(UPLOAD, "server_error", "HTTP 500", maybe_done=True),
        KookUnreachable(UPLOAD, "connect_refused", "nobody", maybe_done=False),
        KookAnswerUnreadable(UPLOAD, "no envelope"),
        refused(50000, "boom", 500, UPLOAD),
    ],
)
def test_an_upload_without_an_answer_is_tried_again_and_then_a_link(failure: Exception) -> None:
    first = Setup(FakeClient({UPLOAD: [failure]}))
    outcome = first.send(media_item("image", "a.png"))
    assert isinstance(outcome, RetryAfter), outcome
    assert first.client.posts == []
    second = Setup(FakeClient({UPLOAD: [failure]}))
    outcome = second.send(media_item("image", "a.png"), attempt=2)
    assert isinstance(outcome, Delivered)
    assert outcome.notes[0].startswith("image_as_link: upload ")


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (KookRateLimited(UPLOAD, 4.0, bucket=UPLOAD, sent=True), (RetryAfter, "destination")),
        (KookRateLimited(UPLOAD, 4.0), (RetryAfter, "credential")),
        (refused(40101, "凭证不正确", 401, UPLOAD), (Permanent, None)),
    ],
)
def test_what_concerns_the_whole_message_stops_it_before_anything_is_posted(failure: KookError, expected: Any) -> None:
    setup = Setup(FakeClient({UPLOAD: [failure]}))
    outcome = setup.send(media_item("image", "a.png"), attempt=9)
    assert isinstance(outcome, expected[0])
    assert getattr(outcome, "scope", None) == expected[1]
    assert setup.client.posts == []


def test_a_refused_card_goes_out_as_text_with_links() -> None:
    setup = Setup(FakeClient({CREATE: [refused(40000, "找不到资源")]}))
    outcome = setup.send(media_item("image", "a.png"), media_item("file", "f.pdf"))
    assert outcome == Delivered(
        ("m1",), ("image_as_link: card refused with 40000", "file_as_link: card refused with 40000")
    )
    (post,) = setup.client.posts
    assert (post["type"], post["nonce"]) == (9, "kook-relay:key-1")
    assert post["content"].count("https://img.kookapp.cn/attachments/") == 2


@pytest.mark.parametrize(
    "failure",
    [
        refused(40300, "没有权限", 403),
        refused(40101, "凭证", 401),
        refused(40000, "系统繁忙，请稍后再试"),
        refused(404, "the answer is not KOOK's", 404),
        refused(50000, "boom", 500),
        KookRateLimited(CREATE, 3.0),
        KookUnreachable(CREATE, "timeout", "nothing", maybe_done=True),
    ],
)
def test_a_card_is_not_sent_in_another_form_when_it_was_not_the_cards_fault(failure: KookError) -> None:
    setup = Setup(FakeClient({CREATE: [failure]}))
    assert not isinstance(setup.send(media_item("image", "a.png")), Delivered)
    assert setup.client.posts == []


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (
            KookRateLimited(CREATE, 4.5, bucket=CREATE, sent=True),
            RetryAfter(
                "rate_limited", "message/create: the limit 'message/create' is used up", 4.5, True, "credential"
            ),
        ),
        (
            KookRateLimited(CREATE, 9.0),
            RetryAfter("rate_limited", "message/create: the limit over all calls is used up", 9.0, True, "credential"),
        ),
        (refused(40103, "过期"), Permanent("unauthorized", "KOOK answered 40103: 过期", True)),
        (
            refused(40300, "没有权限", 403),
            Permanent("missing_permission", "KOOK answered 40300 (HTTP 403): 没有权限", True),
        ),
        (refused(40011, "违规"), Permanent("content_refused", "KOOK answered 40011: 违规")),
        (refused(40014, "过长"), Permanent("too_large", "KOOK answered 40014: 过长")),
        (refused(40000, "频道不存在"), Permanent("kook_40000", "KOOK answered 40000: 频道不存在")),
        (refused(40000, ""), Permanent("kook_40000", "KOOK answered 40000: no reason given")),
        (
            refused(40000, "今日消息数已达上限"),
            RetryAfter("refused_for_now", "KOOK answered 40000: 今日消息数已达上限"),
        ),
        (
            refused(40000, "Too many requests, try again later"),
            RetryAfter("refused_for_now", "KOOK answered 40000: Too many requests, try again later"),
        ),
        (
            refused(302, "the answer is not KOOK's", 302),
            RetryAfter("not_kook", "KOOK answered 302 (HTTP 302): the answer is not KOOK's", 300.0, scope="credential"),
        ),
        (
            refused(40400, "接口不存在", 404),
            RetryAfter("not_kook", "KOOK answered 40400 (HTTP 404): 接口不存在", 300.0, scope="credential"),
        ),
        (refused(50000, "boom", 503), RetryAfter("server_unavailable", "KOOK answered 50000 (HTTP 503): boom")),
        (refused(50000, "boom", 500), Unknown("server_error", "KOOK answered 50000 (HTTP 500): boom")),
        (
            KookUnreachable(CREATE, "server_error", "HTTP 502", maybe_done=True),
            RetryAfter("server_error", "HTTP 502"),
        ),
        (KookUnreachable(CREATE, "server_error", "HTTP 504", maybe_done=True), Unknown("server_error", "HTTP 504")),
        (KookUnreachable(CREATE, "timeout", "nothing", maybe_done=True), Unknown("timeout", "nothing")),
        (KookUnreachable(CREATE, "dns_failed", "no name", maybe_done=False), RetryAfter("dns_failed", "no name")),
        (
            KookUnreachable(CREATE, "destination_refused", "private", maybe_done=False),
            Permanent("destination_refused", "private"),
        ),
        (
            KookAnswerUnreadable(CREATE, "HTTP 200 without KOOK's envelope"),
            Unknown("unreadable_answer", "HTTP 200 without KOOK's envelope"),
        ),
        (InvalidCall("target_id", "is missing"), Permanent("invalid_call", "target_id: is missing")),
    ],
)
def test_what_failures_mean(failure: Any, expected: Outcome) -> None:
    assert kook_outcome(failure, TOKEN, is_own_channel=True) == expected


def test_a_mappings_channel_without_permission_does_not_switch_the_bot_off() -> None:
    setup = Setup(FakeClient({CREATE: [refused(40300, "没有权限", 403)] * 2}))
    elsewhere = setup.platform.destination(1, setup.destination.config, "8002")
    (part,) = setup.platform.compose(relay_message("hi"), elsewhere, "")
    outcomes = [setup.platform.send(part, place, SendContext("k")) for place in (elsewhere, setup.destination)]
    assert [getattr(outcome, "disables_destination", None) for outcome in outcomes] == [False, True]


def test_no_outcome_holds_the_token() -> None:
    for failure in (
        refused(40000, f"bad {TOKEN}"),
        refused(40101, TOKEN, 401),
        KookUnreachable(CREATE, "timeout", TOKEN, maybe_done=True),
        KookUnreachable(CREATE, "tls_failed", TOKEN, maybe_done=False),
    ):
        assert TOKEN not in repr(kook_outcome(failure, TOKEN, is_own_channel=True))


def test_the_test_message_is_marked_as_the_relays_own() -> None:
    setup = Setup()
    assert setup.platform.test(setup.destination) == Delivered(("m1",))
    (post,) = setup.client.posts
    assert post["content"].startswith("KOOK Relay")
    assert is_own_nonce(post["nonce"])
