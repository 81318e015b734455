"""Cutting a message into what Feishu takes in one request each. Pure.

Feishu limits the bytes of the serialised request body: 30 KB for a post and 150 KB for a text by an app, 20 KB for
anything by a custom bot. A post is rows of tagged pieces; ``Part.text`` holds its rows as JSON. An app's pictures go
into the post as rows of their own, its other files are messages of their own; a custom bot cannot upload anything, so
all of them are links.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeAlias

from shared.message.cut import split_document
from shared.message.model import MediaItem, RelayMessage
from shared.message.render_feishu import render_feishu_post
from shared.message.render_plain import render_plain
from shared.message.segments import message_segments
from shared.message.tree import Document
from shared.platforms.base import Part
from shared.platforms.heading import document_with_heading
from shared.platforms.unicode_text import one_line, utf8_bytes, well_formed

# The documents say KB without saying which; style tags make the stored body longer than the request's.
MAX_POST_BODY_BYTES = 28_000
MAX_CUSTOM_BOT_BODY_BYTES = 19_000
MAX_IMAGE_BYTES = 10 * 1024 * 1024
MAX_FILE_BYTES = 30 * 1024 * 1024
MAX_IMAGES_PER_POST = 9
# Text and pictures take turns within a post, at no further request.
MAX_SEGMENTS_IN_POSTS = 100
# What surrounds the rows in a request body: receiver, uuid, field names; a custom bot's timestamp and sign.
_ENVELOPE_BYTES = 500
_MAX_LINK_CHARACTERS = 2_000
_MAX_LABEL_CHARACTERS = 60

NO_ROWS = "[]"

Row: TypeAlias = list[dict[str, Any]]

_ICONS = {"image": "🖼", "video": "🎬", "audio": "🎵", "file": "📎"}
_AT_TAG = re.compile(r"<(?=\s*/?\s*at\b)", re.IGNORECASE)


def inert(text: str) -> str:
    """``text`` without a live mention: Feishu has no way to forbid them but to break the tag."""
    return _AT_TAG.sub("<\u200b", text) if "<" in text else text


def link_row(item: MediaItem) -> Row:
    """A row standing in for media that cannot be sent."""
    label, url = _label(item), well_formed(item.url)
    if len(url) > _MAX_LINK_CHARACTERS:
        return [{"tag": "text", "text": label}]
    return [{"tag": "a", "text": label, "href": url}]


def link_line(item: MediaItem) -> str:
    """The same as plain text."""
    url = well_formed(item.url)
    return inert(_label(item) if len(url) > _MAX_LINK_CHARACTERS else f"{_label(item)}: {url}")


def serialised(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def post_content(rows: Sequence[Row]) -> dict[str, Any]:
    return {"zh_cn": {"title": "", "content": list(rows)}}


def compose_for_app(message: RelayMessage, author_label: str) -> list[Part]:
    """Posts of text and pictures, with files between them, in the order of the message."""
    parts: list[Part] = []
    for segment in message_segments(message, MAX_SEGMENTS_IN_POSTS):
        more = _segment_parts(segment, "" if parts else author_label)
        joined = _joined(parts[-1], more[0]) if parts and more else None
        parts = [*parts, *more] if joined is None else [*parts[:-1], joined, *more[1:]]
    return parts


def picture_rows(part: Part) -> list[int]:
    """How many of the part's rows come before each of its pictures."""
    if not part.media:
        return []
    rows: list[int] = part.options.get("picture_rows") or [len(_rows(part))] * len(part.media)
    return rows


def _joined(part: Part, more: Part) -> Part | None:
    """Both as one post, or None where they cannot be one."""
    if part.kind != "post" or more.kind != "post":
        return None
    rows, media = [*_rows(part), *_rows(more)], (*part.media, *more.media)
    if len(media) > MAX_IMAGES_PER_POST or not _fits_app_post(rows, media):
        return None
    places = [*picture_rows(part), *(len(_rows(part)) + row for row in picture_rows(more))]
    plain = "\n".join(filter(None, [part.plain_text, more.plain_text]))
    return Part("post", serialised(rows), plain, media, {"picture_rows": places})


def _segment_parts(segment: RelayMessage, author_label: str) -> list[Part]:
    document = document_with_heading(segment, author_label)
    parts = _posts(document, fits=_fits_app_post)
    for number, group in enumerate(_groups(segment.media)):
        if not group.in_post:
            parts.append(Part("file", media=group.media))
        elif number == 0 and parts and _fits_app_post(_rows(parts[-1]), group.media):
            parts[-1] = replace(parts[-1], media=group.media)
        else:
            parts.append(Part("post", NO_ROWS, media=group.media))
    return parts


def compose_for_custom_bot(message: RelayMessage, author_label: str, keyword: str) -> list[Part]:
    """Posts with a link for every item of media, each part with ``keyword`` in it where the group asks for one."""
    keyword_rows: list[Row] = [[{"tag": "text", "text": keyword}]] if keyword else []

    def fits(rows: Sequence[Row], media: Sequence[MediaItem] = ()) -> bool:
        # Not a string inside the body as an app's is, so nothing is escaped twice.
        body_bytes = utf8_bytes(serialised(post_content([*rows, *map(link_row, media), *keyword_rows])))
        return body_bytes + _ENVELOPE_BYTES <= MAX_CUSTOM_BOT_BODY_BYTES

    parts: list[Part] = []
    for segment in message_segments(message, MAX_SEGMENTS_IN_POSTS):
        heading = "" if parts else author_label
        posts = _posts(document_with_heading(segment, heading), fits=fits)
        if parts and posts and fits([*_rows(parts[-1]), *_rows(posts[0])]):
            parts[-1] = _below(parts[-1], _rows(posts[0]), posts[0].plain_text)
            del posts[0]
        parts += posts
        for item in segment.media:
            # A link is far below the limit, so a post with nothing but one always fits.
            if not parts or not fits(_rows(parts[-1]), [item]):
                parts.append(Part("post", NO_ROWS))
            parts[-1] = _below(parts[-1], [link_row(item)], link_line(item))
    return [_with_keyword(part, keyword, keyword_rows) for part in parts or [Part("post", NO_ROWS)]]


def _below(part: Part, rows: Sequence[Row], plain: str) -> Part:
    return _post([*_rows(part), *rows], "\n".join(filter(None, [part.plain_text, plain])))


def _with_keyword(part: Part, keyword: str, keyword_rows: list[Row]) -> Part:
    if not keyword or keyword in part.plain_text:
        return part
    return _post(_rows(part) + keyword_rows, f"{part.plain_text}\n{keyword}")


def _posts(document: Document, fits: Callable[[Sequence[Row]], bool]) -> list[Part]:
    pieces = split_document(document, lambda piece: fits(_render(piece)))
    parts = []
    for piece in pieces:
        plain = inert(well_formed(render_plain(piece)))
        if plain.strip():
            parts.append(_post(_render(piece), plain))
    return parts


def _post(rows: Sequence[Row], plain: str) -> Part:
    return Part("post", serialised(rows), plain.strip("\n"))


def _rows(part: Part) -> list[Row]:
    rows: list[Row] = json.loads(part.text)
    return rows


def _render(document: Document) -> list[Row]:
    rows = render_feishu_post(document)
    for element in chain.from_iterable(rows):
        if "text" in element:
            element["text"] = inert(well_formed(element["text"]))
        if "href" in element:
            element["href"] = well_formed(element["href"])
    return rows


def _fits_app_post(rows: Sequence[Row], media: Sequence[MediaItem] = ()) -> bool:
    """With a link in place of each picture, the longest the post can become."""
    content = serialised(post_content([*rows, *map(link_row, media)]))
    return utf8_bytes(serialised(content)) + _ENVELOPE_BYTES <= MAX_POST_BODY_BYTES


@dataclass(frozen=True, slots=True)
class _Group:
    """``in_post``: pictures that share a post. Else one item that is a message of its own."""

    media: tuple[MediaItem, ...]
    in_post: bool


def _groups(media: Sequence[MediaItem]) -> Iterator[_Group]:
    run: tuple[MediaItem, ...] = ()
    for item in media:
        in_post = item.kind == "image" and (item.size_bytes or 0) <= MAX_IMAGE_BYTES
        is_full = len(run) == MAX_IMAGES_PER_POST or not _fits_app_post([], (*run, item))
        if run and (not in_post or is_full):
            yield _Group(run, in_post=True)
            run = ()
        if in_post:
            run += (item,)
        else:
            yield _Group((item,), in_post=False)
    if run:
        yield _Group(run, in_post=True)


def _label(item: MediaItem) -> str:
    return inert(well_formed(f"{_ICONS[item.kind]} {one_line(item.name, _MAX_LABEL_CHARACTERS) or item.kind}"))
