import json

import pytest

from shared.message.model import MediaItem
from shared.platforms.base import Destination, Part, SendContext
from shared.platforms.http import NoAnswer, NotSent
from shared.platforms.media import FetchedMedia, MediaUnavailable
from shared.platforms.outcomes import Delivered, Permanent, RetryAfter, Unknown
from shared.platforms.telegram import TEST_TEXT, TelegramPlatform
from shared.platforms.telegram_parts import compose_telegram
from tests.fakes.relay_messages import media_item, relay_message
from tests.fakes.scripted_http import HttpResponse, ScriptedHttp, answer
from tests.fakes.scripted_media import ScriptedMedia

TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
CONTEXT = SendContext("key")
SLOW = MediaUnavailable("too_slow", "no answer in time")


def ok(*message_ids: int) -> HttpResponse:
    messages = [{"message_id": message_id} for message_id in message_ids]
    return answer(200, {"ok": True, "result": messages if len(messages) > 1 else messages[0]})


def refused(description: str, error_code: int = 400, **parameters: int) -> HttpResponse:
    body = {"ok": False, "error_code": error_code, "description": description, "parameters": parameters}
    return answer(error_code, body)


class Setup:
    """A platform over scripted answers and media."""

    def __init__(self, *script: HttpResponse | Exception, media: ScriptedMedia | None = None, **config: object) -> None:
        self.http = ScriptedHttp(list(script))
        self.media = media or ScriptedMedia()
        self.platform = TelegramPlatform(self.http, self.media, "https://tg.example/base/")
        checked = self.platform.validate_config({"bot_token": TOKEN, "chat_id": "-100500"} | config)
        self.destination: Destination = self.platform.destination(1, checked, "")

    def send(self, part: Part) -> object:
        outcome = self.platform.send(part, self.destination, CONTEXT)
        assert not self.http.script, "the test expects more requests"
        return outcome

    @property
    def methods(self) -> list[str]:
        return [request.url.rpartition("/")[2] for request in self.http.requests]


TEXT = Part("text", "<b>小明</b>\nhi", "小明\nhi")


def picture_part(text: str = "look", name: str = "a.png") -> Part:
    [part] = compose_telegram(relay_message(text, media_item("image", name)), "小明")
    return part


def album_part(*items: MediaItem, text: str = "look") -> Part:
    [part] = compose_telegram(relay_message(text, *items), "小明")
    assert part.kind == "album"
    return part


def test_a_text_goes_to_the_bots_own_address() -> None:
    setup = Setup(ok(7))
    assert setup.send(TEXT) == Delivered(("7",))
    [request] = setup.http.requests
    assert request.url == f"https://tg.example/base/bot{TOKEN}/sendMessage"
    assert request.json == {"chat_id": -100500, "text": TEXT.text, "parse_mode": "HTML"}


def test_topic_name_and_silence_are_passed_on() -> None:
    setup = Setup(ok(7), chat_id="@news", message_thread_id=5, disable_notification=True)
    setup.send(TEXT)
    fields = setup.http.requests[0].json
    assert (fields["chat_id"], fields["message_thread_id"], fields["disable_notification"]) == ("@news", 5, True)


def test_the_general_topic_is_addressed_without_a_thread() -> None:
    setup = Setup(ok(7), message_thread_id=1)
    setup.send(TEXT)
    assert "message_thread_id" not in setup.http.requests[0].json


def test_a_picture_is_uploaded_with_its_caption() -> None:
    setup = Setup(ok(7))
    assert setup.send(picture_part()) == Delivered(("7",))
    [request] = setup.http.requests
    assert setup.methods == ["sendPhoto"]
    assert request.data == {"chat_id": "-100500", "caption": "<b>小明</b>\nlook", "parse_mode": "HTML"}
    assert request.files == {"photo": ("a.png", b"\x89PNG", "image/png")}


@pytest.mark.parametrize(
    ("item", "method", "extra"),
    [
        (
            media_item("video", "v.mp4", width=640, height=360, duration_seconds=12.4),
            "sendVideo",
            {"duration": "12", "width": "640", "height": "360"},
        ),
        (media_item("audio", "s.mp3", duration_seconds=3.0), "sendAudio", {"duration": "3"}),
        (media_item("audio", "s.wav"), "sendDocument", {}),
        (media_item("file", "f.pdf"), "sendDocument", {"disable_content_type_detection": "true"}),
        (media_item("image", "g.gif"), "sendAnimation", {}),
    ],
)
def test_each_kind_has_its_method(item: MediaItem, method: str, extra: dict[str, str]) -> None:
    setup = Setup(ok(7))
    [part] = compose_telegram(relay_message("", item), "")
    assert setup.send(part) == Delivered(("7",))
    assert setup.methods == [method]
    assert setup.http.requests[0].data == {"chat_id": "-100500"} | extra


def test_an_album_names_its_uploads_and_gives_back_every_id() -> None:
    setup = Setup(ok(7, 8))
    part = album_part(media_item("image", "a.png"), media_item("video", "v.mp4"))
    assert setup.send(part) == Delivered(("7", "8"))
    [request] = setup.http.requests
    assert setup.methods == ["sendMediaGroup"]
    assert json.loads(request.data["media"]) == [
        {"type": "photo", "media": "attach://file0", "caption": "<b>小明</b>\nlook", "parse_mode": "HTML"},
        {"type": "video", "media": "attach://file1"},
    ]
    assert set(request.files) == {"file0", "file1"}


def test_a_picture_that_cannot_be_had_is_a_link_in_the_text() -> None:
    setup = Setup(ok(7), media=ScriptedMedia({"a.png": SLOW}))
    assert setup.send(picture_part()) == Delivered(("7",), ("photo_as_link: too_slow",))
    assert setup.methods == ["sendMessage"]
    link = '<a href="https://img.kookapp.cn/attachments/a.png">🖼 a.png</a>'
    assert setup.http.requests[0].json["text"] == f"<b>小明</b>\nlook\n{link}"


def test_the_rest_of_an_album_goes_out_beside_the_link() -> None:
    items = [media_item("image", name) for name in ("a.png", "b.png", "c.png")]
    setup = Setup(ok(7, 8), media=ScriptedMedia({"b.png": SLOW}))
    assert setup.send(album_part(*items)) == Delivered(("7", "8"), ("photo_as_link: too_slow",))
    caption = json.loads(setup.http.requests[0].data["media"])[0]["caption"]
    assert caption.endswith('attachments/b.png">🖼 b.png</a>')


def test_an_album_of_one_is_a_single_picture_and_one_of_none_a_text() -> None:
    items = [media_item("image", name) for name in ("a.png", "b.png")]
    setup = Setup(ok(7), media=ScriptedMedia({"b.png": SLOW}))
    setup.send(album_part(*items))
    assert setup.methods == ["sendPhoto"]
    setup = Setup(ok(7), media=ScriptedMedia({"a.png": SLOW, "b.png": SLOW}))
    setup.send(album_part(*items))
    assert setup.methods == ["sendMessage"]
    assert setup.http.requests[0].json["text"].count("<a href=") == 2


def test_a_picture_over_10_mb_alone_is_a_document_and_in_an_album_a_link() -> None:
    large = bytes(10 * 1024 * 1024 + 1)
    setup = Setup(ok(7), media=ScriptedMedia({"a.png": large}))
    setup.send(picture_part())
    assert setup.methods == ["sendDocument"]
    items = [media_item("image", name) for name in ("a.png", "b.png", "c.png")]
    setup = Setup(ok(7, 8), media=ScriptedMedia({"a.png": large}))
    assert setup.send(album_part(*items)) == Delivered(("7", "8"), ("photo_as_link: too_large",))


def test_an_animated_picture_without_the_extension_is_an_animation() -> None:
    setup = Setup(ok(7), media=ScriptedMedia({"a.png": FetchedMedia(b"GIF89a", "image/gif", "a.gif")}))
    setup.send(picture_part())
    assert setup.methods == ["sendAnimation"]


def test_an_empty_file_is_a_link() -> None:
    setup = Setup(ok(7), media=ScriptedMedia({"a.png": b""}))
    assert setup.send(picture_part()) == Delivered(("7",), ("photo_as_link: empty",))


def test_files_that_are_too_much_together_become_links() -> None:
    items = [media_item("file", name) for name in ("a.zip", "b.zip", "c.zip")]
    contents = {name: bytes(24 * 1024 * 1024) for name in ("a.zip", "b.zip", "c.zip")}
    setup = Setup(ok(7, 8), media=ScriptedMedia(contents))
    assert setup.send(album_part(*items)) == Delivered(("7", "8"), ("document_as_link: too_large",))


def test_a_large_upload_has_more_time() -> None:
    setup = Setup(ok(7), ok(8), media=ScriptedMedia({"f.zip": bytes(40 * 1024 * 1024)}))
    [part] = compose_telegram(relay_message("", media_item("file", "f.zip")), "")
    setup.platform.send(part, setup.destination, CONTEXT)
    setup.send(TEXT)
    large, small = (request.timeout_seconds for request in setup.http.requests)
    assert large > small


# --- remedies ---


def test_refused_markup_is_sent_once_as_plain_text() -> None:
    setup = Setup(refused("Bad Request: can't parse entities: x at byte offset 3"), ok(7))
    assert setup.send(TEXT) == Delivered(("7",), ("plain_text: markup refused",))
    assert setup.http.requests[1].json == {"chat_id": -100500, "text": "小明\nhi"}


def test_refused_markup_of_a_caption_is_plain_too() -> None:
    setup = Setup(refused("Bad Request: can't parse entities"), ok(7))
    setup.send(picture_part())
    assert setup.methods == ["sendPhoto", "sendPhoto"]
    assert setup.http.requests[1].data == {"chat_id": "-100500", "caption": "小明\nlook"}


def test_plain_text_refused_for_markup_is_given_up() -> None:
    refusal = refused("Bad Request: can't parse entities")
    setup = Setup(refusal, refusal)
    result = setup.send(TEXT)
    assert isinstance(result, Permanent)
    assert result.code == "markup_refused"


def test_a_moved_chat_is_followed_at_once_and_reported() -> None:
    setup = Setup(
        refused("Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100900), ok(7)
    )
    result = setup.send(TEXT)
    assert isinstance(result, Delivered)
    assert result.new_target_id == "-100900"
    assert [request.json["chat_id"] for request in setup.http.requests] == [-100500, -100900]


def test_a_chat_that_keeps_moving_is_followed_once() -> None:
    moved = refused("Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100900)
    setup = Setup(moved, moved)
    assert isinstance(setup.send(TEXT), Permanent)


@pytest.mark.parametrize(
    "description",
    ["Bad Request: PHOTO_INVALID_DIMENSIONS", "Bad Request: IMAGE_PROCESS_FAILED"],
)
def test_a_refused_picture_is_a_document_then_a_link(description: str) -> None:
    setup = Setup(refused(description), refused(description), ok(7))
    result = setup.send(picture_part())
    assert result == Delivered(
        ("7",), ("photo_as_document: refused by the platform", "document_as_link: refused by the platform")
    )
    assert setup.methods == ["sendPhoto", "sendDocument", "sendMessage"]


def test_a_refused_album_is_an_album_of_documents() -> None:
    setup = Setup(refused("Bad Request: PHOTO_INVALID_DIMENSIONS"), ok(7, 8))
    setup.send(album_part(media_item("image", "a.png"), media_item("video", "b.mp4")))
    assert [entry["type"] for entry in json.loads(setup.http.requests[1].data["media"])] == ["document", "document"]


@pytest.mark.parametrize(
    "refusal",
    [
        refused("Request Entity Too Large", 413),
        answer(413, b"<html>413 Request Entity Too Large</html>"),
        refused("Bad Request: message caption is too long"),
        refused("Bad Request: not enough rights to send photos to the chat"),
        refused("Not Found: method not found", 404),
    ],
)
def test_media_that_cannot_be_taken_is_a_link(refusal: HttpResponse) -> None:
    setup = Setup(refusal, ok(7))
    result = setup.send(picture_part())
    assert result == Delivered(("7",), ("photo_as_link: refused by the platform",))
    assert setup.methods == ["sendPhoto", "sendMessage"]


def test_text_refused_for_its_length_is_a_file_with_all_of_it() -> None:
    setup = Setup(refused("Bad Request: message is too long"), ok(7))
    assert setup.send(TEXT) == Delivered(("7",), ("text_as_file: too long",))
    assert setup.methods == ["sendMessage", "sendDocument"]
    assert setup.http.requests[1].files["document"] == ("message.txt", "小明\nhi".encode(), "text/plain")


def test_an_empty_text_is_replaced() -> None:
    setup = Setup(refused("Bad Request: message text is empty"), ok(7))
    assert setup.send(TEXT) == Delivered(("7",), ("placeholder: empty text",))
    assert setup.http.requests[1].json["text"] == "[empty message]"


def test_remedies_end() -> None:
    descriptions = [
        "Bad Request: can't parse entities",
        "Bad Request: IMAGE_PROCESS_FAILED",
        "Bad Request: IMAGE_PROCESS_FAILED",
        "Bad Request: message is too long",
        "Bad Request: file is too big",
    ]
    setup = Setup(*map(refused, descriptions))
    assert isinstance(setup.send(picture_part()), Permanent)


# --- failures ---


def test_no_connection_is_tried_again() -> None:
    assert setup_failing(NotSent("connect_refused", "refused")) == RetryAfter("connect_refused", "refused")


def test_a_refused_destination_is_permanent() -> None:
    result = setup_failing(NotSent("destination_refused", "a private address", permanent=True))
    assert result == Permanent("destination_refused", "a private address")


def test_no_answer_is_unknown() -> None:
    assert setup_failing(NoAnswer("timeout", "nothing came")) == Unknown("timeout", "nothing came")


def setup_failing(failure: Exception) -> object:
    return Setup(failure).send(TEXT)


@pytest.mark.parametrize(
    "step",
    [
        refused(f"Bad Request: https://api.telegram.org/bot{TOKEN}/sendMessage {TOKEN}"),
        refused(f"Too Many Requests: retry after 3 {TOKEN}", 429),
        refused(f"Internal Server Error {TOKEN.partition(':')[2]}", 500),
        NotSent("connect_failed", f"/bot{TOKEN}/sendMessage"),
        NoAnswer("timeout", f"/bot{TOKEN}/sendMessage"),
    ],
)
def test_no_outcome_holds_the_token(step: HttpResponse | Exception) -> None:
    result = Setup(step).send(TEXT)
    assert TOKEN.partition(":")[2] not in repr(result)


def test_a_success_without_a_readable_id_is_still_delivered() -> None:
    assert Setup(answer(200, {"ok": True, "result": True})).send(TEXT) == Delivered(())


def test_the_test_really_sends() -> None:
    setup = Setup(ok(7))
    assert setup.platform.test(setup.destination) == Delivered(("7",))
    assert setup.http.requests[0].json["text"] == TEST_TEXT
