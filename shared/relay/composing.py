"""A message rendered for one destination: plain text where its rendering fails. Pure but for the log."""

from __future__ import annotations

import logging
from dataclasses import replace

from shared.message.model import RelayMessage
from shared.message.tree import plain_document
from shared.platforms.base import Destination, Part, Platform
from shared.stack_traces import failure_fields

logger = logging.getLogger("kook_relay.routing")


class CannotRoute(Exception):
    """The delivery fails before it is tried. ``detail`` is for the operator's log and holds no secret."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def compose(
    platform: Platform, message: RelayMessage, destination: Destination, label: str
) -> tuple[list[Part], tuple[str, ...]]:
    """The parts to send; plain text with a note when the platform's rendering fails.

    Raises CannotRoute when nothing works: the same event would fail the same way for ever.
    """
    try:
        parts = list(platform.compose(message, destination, label))
        notes: tuple[str, ...] = ()
    except Exception as problem:  # noqa: BLE001 - logged, and plain text goes out instead
        logger.error("message could not be rendered", extra=failure_fields(problem, platform=platform.name))
        plain = replace(message, body=plain_document(message.plain_text), quote=None)
        try:
            parts, notes = list(platform.compose(plain, destination, label)), ("plain text: rendering failed",)
        except Exception as error:
            detail = f"{type(error).__name__} while rendering for {platform.name}"
            raise CannotRoute("internal_error", detail) from error
    if not parts:
        raise CannotRoute("internal_error", f"nothing was rendered for {platform.name}")
    return parts, notes


def compose_plain(
    platform: Platform, message: RelayMessage, destination: Destination, max_characters: int
) -> list[Part]:
    """The beginning of the plain text alone, for a message whose parts no record could hold."""
    text = message.plain_text[:max_characters] + "…"
    plain = replace(message, body=plain_document(text), plain_text=text, media=(), quote=None)
    return compose(platform, plain, destination, message.author.name)[0]
