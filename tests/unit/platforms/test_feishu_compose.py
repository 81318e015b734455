import json

import pytest

from shared.message.model import MediaItem, QuotedMessage
from shared.message.tree import Code, Document, Paragraph, Text
from shared.platforms.base import Part
from shared.platforms.feishu_parts import (
    MAX_CUSTOM_BOT_BODY_BYTES,
    MAX_POST_BODY_BYTES,
    compose_for_app,
    compose_for_custom_bot,
    inert,
    link_row,
    post_content,
    serialised,
)
from shared.platforms.unicode_text import utf8_bytes
from tests.fakes.relay_messages import media_item, relay_message
from tests.standins.feishu_content import read_content

MEBIBYTE = 1024 * 1024
TEXTS = ["长" * 30_000, "😀" * 12_000, 'quote " and \\ ' * 3_000, "line\n" * 8_000, "<at user_id=all> " * 3_000]


def rows(part: Part) -> list:
    return json.loads(part.text)


def shown(part: Part) -> str:
    return read_content("post", post_content(rows(part))).text


def app_body_bytes(part: Part) -> int:
    """The body with links in place of all pictures, and the longest ids there are."""
    content = serialised(post_content(rows(part) + [link_row(item) for item in part.media]))
    body = {"receive_id": "x" * 100, "msg_type": "post", "content": content, "uuid": "u" * 50}
    return utf8_bytes(serialised(body))


def hook_body_bytes(part: Part) -> int:
    body = {"timestamp": "1" * 10, "sign": "s" * 44, "msg_type": "post", "content": {"post": post_content(rows(part))}}
    return utf8_bytes(serialised(body))


def test_the_author_stands_in_bold_above_the_text() -> None:
    [part] = compose_for_app(relay_message("hi"), "小明")
    assert rows(part) == [
        [{"tag": "text", "text": "小明", "style": ["bold"]}],
        [{"tag": "text", "text": "hi"}],
    ]
    assert part.plain_text == "小明\nhi"


def test_a_reply_shows_what_it_answers() -> None:
    [part] = compose_for_app(relay_message("yes", quote=QuotedMessage("q1", "李雷", "shall we?")), "小明")
    assert shown(part) == "小明\n> ↩ 李雷: shall we?\nyes"


@pytest.mark.parametrize("text", TEXTS)
def test_an_apps_posts_stay_below_30_kb_of_body_and_lose_nothing(text: str) -> None:
    parts = compose_for_app(relay_message(text), "小明")
    assert len(parts) > 1
    assert all(app_body_bytes(part) <= 30_000 for part in parts)
    assert MAX_POST_BODY_BYTES <= 30_000
    joined = "".join(shown(part) for part in parts).replace("\u200b", "")
    assert "".join(joined.split()) == "".join(("小明" + text).split())


@pytest.mark.parametrize("text", TEXTS)
def test_a_custom_bots_posts_stay_below_20_kb_of_body_and_lose_nothing(text: str) -> None:
    parts = compose_for_custom_bot(relay_message(text), "小明", "公告")
    assert all(hook_body_bytes(part) <= 20_000 for part in parts)
    assert MAX_CUSTOM_BOT_BODY_BYTES <= 20_000
    assert all("公告" in shown(part) for part in parts)
    joined = "".join(shown(part) for part in parts).replace("\u200b", "").replace("公告", "")
    assert "".join(joined.split()) == "".join(("小明" + text).split())


@pytest.mark.parametrize(
    "tag", ['<at user_id="all"></at>', "<AT id=all></AT>", "< at user_id='ou_1'>x</at>", "<at>", "</at>"]
)
def test_no_mention_gets_through(tag: str) -> None:
    message = relay_message(Document((Paragraph((Text(tag), Code(tag))),)), quote=QuotedMessage("q", tag, tag))
    for part in [*compose_for_app(message, tag), *compose_for_custom_bot(message, tag, "")]:
        content = read_content("post", post_content(rows(part)))
        assert content.mentions == ()
        assert read_content("text", {"text": part.plain_text}).mentions == ()


def test_inert_changes_nothing_else() -> None:
    assert inert("a <b> <attic> @all <a>") == "a <b> <attic> @all <a>"


def test_pictures_share_the_post_with_the_text() -> None:
    media = [media_item("image", f"{number}.png") for number in range(3)]
    [part] = compose_for_app(relay_message("look", *media), "小明")
    assert part.kind == "post"
    assert part.media == tuple(media)
    assert Part.from_dict(part.to_dict()) == part


def test_many_pictures_take_several_posts_of_nine() -> None:
    media = [media_item("image", f"{number}.png") for number in range(20)]
    parts = compose_for_app(relay_message("look", *media), "小明")
    assert [len(part.media) for part in parts] == [9, 9, 2]
    assert [item for part in parts for item in part.media] == media
    assert rows(parts[1]) == []


def test_pictures_with_long_addresses_have_room_to_become_links() -> None:
    media = [MediaItem("image", "https://img.kookapp.cn/" + "长" * 1_900, f"{number}.png") for number in range(9)]
    parts = compose_for_app(relay_message("x" * 20_000, *media), "小明")
    assert all(app_body_bytes(part) <= 30_000 for part in parts)
    assert [item for part in parts for item in part.media] == media


def test_files_are_messages_of_their_own_in_the_order_of_the_message() -> None:
    media = [
        media_item("image", "a.png"),
        media_item("file", "b.pdf"),
        media_item("video", "c.mp4"),
        media_item("image", "d.png"),
        media_item("image", "large.png", size_bytes=11 * MEBIBYTE),
    ]
    parts = compose_for_app(relay_message("", *media), "小明")
    assert [(part.kind, [item.name for item in part.media]) for part in parts] == [
        ("post", ["a.png"]),
        ("file", ["b.pdf"]),
        ("file", ["c.mp4"]),
        ("post", ["d.png"]),
        ("file", ["large.png"]),
    ]


def test_a_file_alone_still_names_its_author() -> None:
    parts = compose_for_app(relay_message("", media_item("file", "b.pdf")), "小明")
    assert [part.kind for part in parts] == ["post", "file"]
    assert shown(parts[0]) == "小明"


def test_a_custom_bots_media_are_links() -> None:
    media = [media_item("image", "a.png"), media_item("file", "b.pdf")]
    [part] = compose_for_custom_bot(relay_message("look", *media), "小明", "")
    links = [element for row in rows(part) for element in row if element["tag"] == "a"]
    assert [link["href"] for link in links] == [item.url for item in media]
    assert part.media == ()
    assert all(item.url in part.plain_text for item in media)


def test_a_custom_bots_many_links_spill_over_into_further_posts() -> None:
    media = [MediaItem("file", "https://img.kookapp.cn/" + "x" * 1_900, f"{number}.zip") for number in range(30)]
    parts = compose_for_custom_bot(relay_message("长" * 6_000, *media), "小明", "公告")
    assert all(hook_body_bytes(part) <= 20_000 for part in parts)
    text = "".join(shown(part) for part in parts)
    assert all(text.count(f"{number}.zip (") >= 1 for number in range(30))


def test_a_custom_bots_post_may_be_nothing_but_links() -> None:
    [part] = compose_for_custom_bot(relay_message("", media_item("file", "b.pdf")), "", "")
    assert len(rows(part)) == 1


def test_a_keyword_that_is_there_is_not_added() -> None:
    [part] = compose_for_custom_bot(relay_message("公告: hi"), "小明", "公告")
    assert shown(part).count("公告") == 1


def test_an_address_too_long_for_a_link_leaves_the_name() -> None:
    item = MediaItem("file", "https://e.com/" + "x" * 5_000, "a.pdf")
    assert link_row(item) == [{"tag": "text", "text": "📎 a.pdf"}]


def test_a_lone_half_of_a_surrogate_pair_cannot_break_a_request() -> None:
    message = relay_message("a\ud83d b", MediaItem("file", "https://e.com/\udc00", "x\ud83d.pdf"))
    app_post, _ = compose_for_app(message, "小\udc00明")
    [hook_post] = compose_for_custom_bot(message, "小\udc00明", "")
    for part in (app_post, hook_post):
        assert "小\ufffd明".encode() in part.text.encode()
        assert "a\ufffd b".encode() in part.plain_text.encode()
    assert "https://e.com/\ufffd".encode() in serialised(link_row(message.media[0])).encode()
