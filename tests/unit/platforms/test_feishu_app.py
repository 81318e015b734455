import json

import pytest

from shared.message.model import MediaItem
from shared.platforms.base import Part, SendContext
from shared.platforms.feishu import FeishuPlatform
from shared.platforms.feishu_app import MAX_UUID_CHARACTERS, message_uuid
from shared.platforms.feishu_parts import compose_for_app
from shared.platforms.feishu_uploads import file_type_of
from shared.platforms.http import HttpResponse, NoAnswer, NotSent
from shared.platforms.media import FetchedMedia, MediaUnavailable
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from tests.fakes.clock import FakeClock
from tests.fakes.relay_messages import media_item, relay_message
from tests.fakes.scripted_http import ScriptedHttp, SentRequest, answer
from tests.fakes.scripted_media import ScriptedMedia

APP = {"app_id": "cli_abc123", "app_secret": "secret_xyz789"}
TOKEN = answer(200, {"code": 0, "tenant_access_token": "t-first", "expire": 7200})
SECOND_TOKEN = answer(200, {"code": 0, "tenant_access_token": "t-second", "expire": 7200})
SLOW = MediaUnavailable("too_slow", "no answer in time")


def sent(message_id: str = "om_1") -> HttpResponse:
    return answer(200, {"code": 0, "msg": "success", "data": {"message_id": message_id}})


def uploaded(key: str) -> HttpResponse:
    return answer(200, {"code": 0, "data": {"image_key" if key.startswith("img") else "file_key": key}})


def refused(code: int, status: int = 400, msg: str = "no", headers: dict | None = None) -> HttpResponse:
    return answer(status, {"code": code, "msg": msg}, headers)


class Setup:
    """A platform over scripted answers and media."""

    def __init__(
        self,
        *script: HttpResponse | Exception,
        media: ScriptedMedia | None = None,
        api_base: str = "https://open.feishu.cn",
        **config: str,
    ) -> None:
        self.http = ScriptedHttp(list(script))
        self.platform = FeishuPlatform(self.http, media or ScriptedMedia(), api_base, FakeClock())
        checked = self.platform.validate_config(APP | {"chat_id": "oc_group"} | config)
        self.destination = self.platform.destination(1, checked, "")

    def send(self, part: Part, key: str = "key") -> Outcome:
        outcome = self.platform.send(part, self.destination, SendContext(key))
        assert not self.http.script, "the test expects more requests"
        return outcome

    @property
    def paths(self) -> list[str]:
        return [request.url.partition("/open-apis/")[2] for request in self.http.requests]

    @property
    def last(self) -> SentRequest:
        return self.http.requests[-1]


def text_part(text: str = "hi") -> Part:
    [part] = compose_for_app(relay_message(text), "小明")
    return part


def post_part(*media: MediaItem) -> Part:
    [part] = compose_for_app(relay_message("look", *media), "小明")
    return part


def file_part(item: MediaItem) -> Part:
    return compose_for_app(relay_message("", item), "小明")[-1]


def content_of(request: SentRequest) -> dict:
    return json.loads(request.body["content"])


def elements(request: SentRequest) -> list[dict]:
    return [element for row in content_of(request)["zh_cn"]["content"] for element in row]


def test_a_post_is_sent_with_the_receiver_type_in_the_query_and_content_as_a_string() -> None:
    setup = Setup(TOKEN, sent())
    assert setup.send(text_part()) == Delivered(("om_1",))
    assert setup.paths == [
        "auth/v3/tenant_access_token/internal",
        "im/v1/messages?receive_id_type=chat_id",
    ]
    assert setup.last.headers["Authorization"] == "Bearer t-first"
    assert setup.last.headers["Content-Type"].startswith("application/json")
    assert set(setup.last.body) == {"receive_id", "msg_type", "content", "uuid"}
    assert (setup.last.body["receive_id"], setup.last.body["msg_type"]) == ("oc_group", "post")
    assert setup.last.body["uuid"] == "key"
    assert [element["text"] for element in elements(setup.last)] == ["小明", "hi"]
    assert "小明".encode() in setup.last.data


def test_the_token_is_asked_for_once() -> None:
    setup = Setup(TOKEN, sent("om_1"), sent("om_2"))
    setup.platform.send(text_part(), setup.destination, SendContext("a"))
    setup.send(text_part(), "b")
    assert len(setup.paths) == 3


@pytest.mark.parametrize(
    ("base_url", "api_base", "host"),
    [
        ("", "https://open.feishu.cn", "https://open.feishu.cn/"),
        ("https://open.larksuite.com", "https://open.feishu.cn", "https://open.larksuite.com/"),
        ("https://open.larksuite.com", "http://127.0.0.1:9", "http://127.0.0.1:9/"),
        ("", "http://127.0.0.1:9/", "http://127.0.0.1:9/"),
    ],
)
def test_an_api_base_set_by_the_operator_replaces_every_host(base_url: str, api_base: str, host: str) -> None:
    setup = Setup(TOKEN, sent(), api_base=api_base, base_url=base_url)
    setup.send(text_part())
    assert all(request.url.startswith(host + "open-apis/") for request in setup.http.requests)


def test_another_receiver_has_its_own_type() -> None:
    setup = Setup(TOKEN, sent())
    destination = setup.platform.destination(1, setup.destination.config, "ou_person")
    setup.platform.send(text_part(), destination, SendContext("k"))
    assert setup.paths[-1].endswith("?receive_id_type=open_id")
    assert setup.last.body["receive_id"] == "ou_person"


# --- tokens ---


@pytest.mark.parametrize("code", [99991661, 99991663, 99991664, 99991665, 99991668, 99991671])
def test_a_refused_token_is_replaced_once(code: int) -> None:
    setup = Setup(TOKEN, refused(code), SECOND_TOKEN, sent())
    assert setup.send(text_part()) == Delivered(("om_1",))
    assert setup.last.headers["Authorization"] == "Bearer t-second"


def test_a_token_refused_again_is_given_up() -> None:
    setup = Setup(TOKEN, refused(99991663), SECOND_TOKEN, refused(99991663))
    outcome = setup.send(text_part())
    assert isinstance(outcome, Permanent)
    assert outcome.code == "token_refused"


def test_wrong_credentials_end_the_destination_before_anything_is_sent() -> None:
    outcome = Setup(refused(10014)).send(text_part())
    assert isinstance(outcome, Permanent)
    assert outcome.disables_destination


# --- pictures ---


def test_pictures_are_uploaded_and_shown_in_the_post() -> None:
    setup = Setup(TOKEN, uploaded("img_a"), uploaded("img_b"), sent())
    part = post_part(media_item("image", "a.png"), media_item("image", "b.png"))
    assert setup.send(part) == Delivered(("om_1",))
    assert setup.paths[1:3] == ["im/v1/images", "im/v1/images"]
    assert setup.http.requests[1].data == {"image_type": "message"}
    assert setup.http.requests[1].files == {"image": ("a.png", b"\x89PNG", "image/png")}
    rows = content_of(setup.last)["zh_cn"]["content"]
    assert rows[-2:] == [[{"tag": "img", "image_key": "img_a"}], [{"tag": "img", "image_key": "img_b"}]]


def test_a_picture_that_cannot_be_had_is_a_link() -> None:
    setup = Setup(TOKEN, uploaded("img_b"), sent(), media=ScriptedMedia({"a.png": SLOW}))
    item = media_item("image", "a.png")
    assert setup.send(post_part(item, media_item("image", "b.png"))) == Delivered(
        ("om_1",), ("image_as_link: too_slow",)
    )
    assert [element.get("href") for element in elements(setup.last) if element["tag"] == "a"] == [item.url]


@pytest.mark.parametrize("code", [234001, 234006, 234010, 234007, 234011, 99991672, 230027])
def test_a_picture_that_is_refused_is_a_link(code: int) -> None:
    setup = Setup(TOKEN, refused(code), sent())
    assert setup.send(post_part(media_item("image", "a.png"))) == Delivered(
        ("om_1",), (f"image_as_link: upload refused with {code}",)
    )


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (refused(99991400, 429), RetryAfter),
        (refused(234042, 200), RetryAfter),
        (answer(500, b""), RetryAfter),
        (NoAnswer("timeout", "nothing came"), RetryAfter),
        (NotSent("connect_refused", "refused"), RetryAfter),
        (refused(99991673), Permanent),
    ],
)
def test_a_failing_upload_never_leaves_the_outcome_unknown(step: HttpResponse | Exception, kind: type) -> None:
    setup = Setup(TOKEN, step)
    assert isinstance(setup.send(post_part(media_item("image", "a.png"))), kind)
    assert setup.paths[-1] == "im/v1/images"


def test_pictures_are_fetched_up_to_10_mb() -> None:
    media = ScriptedMedia()
    Setup(TOKEN, uploaded("img_a"), sent(), media=media).send(post_part(media_item("image", "a.png")))
    assert media.asked == {"a.png": 10 * 1024 * 1024}


# --- files ---


@pytest.mark.parametrize(
    ("item", "file_type", "msg_type", "extra"),
    [
        (media_item("file", "f.pdf"), "pdf", "file", {}),
        (media_item("video", "v.mp4", duration_seconds=2.5), "mp4", "media", {"duration": "2500"}),
        (media_item("audio", "s.mp3", duration_seconds=2.5), "stream", "file", {}),
    ],
)
def test_files_are_uploaded_as_their_type(
    item: MediaItem, file_type: str, msg_type: str, extra: dict[str, str]
) -> None:
    setup = Setup(TOKEN, uploaded("file_a"), sent())
    assert setup.send(file_part(item)) == Delivered(("om_1",))
    upload = setup.http.requests[1]
    assert setup.paths[1] == "im/v1/files"
    assert upload.data == {"file_type": file_type, "file_name": item.name} | extra
    assert set(upload.files) == {"file"}
    assert setup.last.body["msg_type"] == msg_type
    assert content_of(setup.last) == {"file_key": "file_a"}


@pytest.mark.parametrize(
    ("name", "mime_type", "file_type"),
    [
        ("a.PDF", "application/pdf", "pdf"),
        ("a.docx", "application/x", "doc"),
        ("a.doc", "application/x", "doc"),
        ("a.xlsx", "application/x", "xls"),
        ("a.ppt", "application/x", "ppt"),
        ("a.opus", "audio/ogg", "opus"),
        ("a", "audio/opus", "opus"),
        ("a", "video/mp4", "mp4"),
        ("a.mov", "video/quicktime", "stream"),
        ("a.mp3", "audio/mpeg", "stream"),
        ("a.zip", "application/zip", "stream"),
    ],
)
def test_types_of_files(name: str, mime_type: str, file_type: str) -> None:
    assert file_type_of(media_item("file", name), FetchedMedia(b"x", mime_type, name)) == file_type


def test_a_video_refused_as_such_is_a_plain_file() -> None:
    setup = Setup(TOKEN, uploaded("file_a"), refused(230055), uploaded("file_b"), sent())
    outcome = setup.send(file_part(media_item("video", "v.mp4")))
    assert outcome == Delivered(("om_1",), ("video_as_file: refused as mp4",))
    assert setup.http.requests[3].data["file_type"] == "stream"
    assert setup.last.body["msg_type"] == "file"
    assert setup.last.body["uuid"] != setup.http.requests[2].body["uuid"]


def test_a_wrong_type_that_cannot_be_helped_is_permanent() -> None:
    setup = Setup(TOKEN, uploaded("file_a"), refused(230055))
    # A .zip is a stream already.
    outcome = setup.send(file_part(media_item("file", "f.zip")))
    assert isinstance(outcome, Permanent)
    assert outcome.code == "wrong_file_type"


@pytest.mark.parametrize(
    ("contents", "script", "note"),
    [
        ({"f.pdf": SLOW}, (), "file_as_link: too_slow"),
        ({"f.pdf": b""}, (), "file_as_link: empty"),
        ({"f.pdf": bytes(30 * 1024 * 1024 + 1)}, (), "file_as_link: too_large"),
        ({}, (refused(234006),), "file_as_link: upload refused with 234006"),
    ],
)
def test_a_file_that_cannot_be_sent_is_a_link(contents: dict, script: tuple, note: str) -> None:
    setup = Setup(TOKEN, *script, sent(), media=ScriptedMedia(contents))
    item = media_item("file", "f.pdf")
    assert setup.send(file_part(item)) == Delivered(("om_1",), (note,))
    assert elements(setup.last) == [{"tag": "a", "text": "📎 f.pdf", "href": item.url}]


# --- the message ---


@pytest.mark.parametrize("code", [230099, 230025, 230001])
def test_a_refused_post_is_sent_once_as_text_with_its_pictures_as_links(code: int) -> None:
    setup = Setup(TOKEN, uploaded("img_a"), refused(code), sent())
    item = media_item("image", "a.png")
    assert setup.send(post_part(item)) == Delivered(("om_1",), (f"plain_text: post refused with {code}",))
    assert setup.last.body["msg_type"] == "text"
    assert content_of(setup.last) == {"text": f"小明\nlook\n🖼 a.png: {item.url}"}
    assert setup.last.body["uuid"] != setup.http.requests[-2].body["uuid"]


def test_text_refused_too_is_given_up() -> None:
    assert isinstance(Setup(TOKEN, refused(230099), refused(230001)).send(text_part()), Permanent)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (refused(230002), Permanent),
        (refused(230020, headers={"x-ogw-ratelimit-reset": "0.4"}), RetryAfter),
        (answer(500, b""), Unknown),
        (NoAnswer("timeout", "nothing came"), Unknown),
        (NotSent("connect_refused", "refused"), RetryAfter),
        (NotSent("destination_refused", "no", permanent=True), Permanent),
    ],
)
def test_what_becomes_of_a_post_that_fails(step: HttpResponse | Exception, expected: type) -> None:
    assert isinstance(Setup(TOKEN, step).send(text_part()), expected)


@pytest.mark.parametrize(
    "step",
    [
        refused(230002, msg="secret_xyz789 t-first https://open.feishu.cn/x?token=t-first"),
        NotSent("connect_failed", "secret_xyz789 t-first"),
        NoAnswer("timeout", "secret_xyz789 t-first"),
    ],
)
def test_no_outcome_holds_a_secret(step: HttpResponse | Exception) -> None:
    outcome = repr(Setup(TOKEN, step).send(text_part()))
    assert "secret_xyz789" not in outcome
    assert "t-first" not in outcome


def test_the_uuid_is_the_same_for_every_attempt_and_short_enough() -> None:
    assert message_uuid("k" * 40, "") == "k" * 40
    assert message_uuid("k" * 40, "-text") == "k" * 40 + "-text"
    long = message_uuid("k" * 200, "")
    assert len(long) <= MAX_UUID_CHARACTERS
    assert long == message_uuid("k" * 200, "") != message_uuid("k" * 201, "")


def test_the_test_really_sends() -> None:
    setup = Setup(TOKEN, sent())
    assert setup.platform.test(setup.destination) == Delivered(("om_1",))
    assert "test message" in setup.last.body["content"]
