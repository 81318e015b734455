"""A text or caption as the Bot API reads it: its HTML parsed, its length counted after parsing."""

from __future__ import annotations

from dataclasses import dataclass

from tests.standins.telegram_errors import Refused
from tests.standins.telegram_html import CannotParse, Entity, parse_telegram_html

MAX_TEXT_CHARACTERS = 4096
MAX_CAPTION_CHARACTERS = 1024
MAX_RAW_BYTES = 32_768


@dataclass(frozen=True)
class ReadText:
    """``complaints`` are about what a real server takes but does not show as meant."""

    shown: str
    entities: tuple[Entity, ...] = ()
    complaints: tuple[str, ...] = ()


def read_text(source: str, parse_mode: str | None) -> ReadText:
    """Raises Refused for what cannot be read."""
    if len(source.encode()) > MAX_RAW_BYTES:
        raise Refused(400, "Bad Request: Text is too long")
    if parse_mode not in (None, "HTML"):
        raise Refused(400, "Bad Request: unsupported parse_mode")
    if parse_mode is None:
        return ReadText(source.strip())
    try:
        parsed = parse_telegram_html(source)
    except CannotParse as problem:
        raise Refused(400, f"Bad Request: can't parse entities: {problem}") from None
    return ReadText(parsed.text.strip(), parsed.entities, parsed.complaints)


def check_length(shown: str, text_field: str) -> None:
    """``text_field`` is text or caption; only a caption may be empty. Raises Refused."""
    if text_field == "text" and not shown:
        raise Refused(400, "Bad Request: message text is empty")
    if len(shown) > (MAX_TEXT_CHARACTERS if text_field == "text" else MAX_CAPTION_CHARACTERS):
        what = "message" if text_field == "text" else "message caption"
        raise Refused(400, f"Bad Request: {what} is too long")
