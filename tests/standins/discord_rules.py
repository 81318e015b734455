"""What Discord refuses in a webhook message: the published specification, and the rules it does not cover.

The specification is tests/data/specs/discord_webhook_strict.json, a cut of discord/discord-api-spec (MIT) with closed
objects: an unknown field, which Discord would ignore, is refused here because it is a mistake of the sender.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.standins.multipart import FormFile
from tests.standins.server import Answer

SPECIFICATION = Path(__file__).parent.parent / "data" / "specs" / "discord_webhook_strict.json"
MAX_EMBED_CHARACTERS = 6000
# SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, IS_COMPONENTS_V2
ALLOWED_FLAGS = 1 << 2 | 1 << 12 | 1 << 15

_CODES = {
    "maxLength": "BASE_TYPE_BAD_LENGTH",
    "minLength": "BASE_TYPE_BAD_LENGTH",
    "maxItems": "BASE_TYPE_BAD_LENGTH",
    "required": "BASE_TYPE_REQUIRED",
    "enum": "BASE_TYPE_CHOICES",
    "format": "URL_TYPE_INVALID_URL",
    "additionalProperties": "UNKNOWN_FIELD",
}


class Refused(Exception):
    def __init__(self, status: int, code: int, message: str, errors: Any = None) -> None:
        super().__init__(message)
        self.answer = error_answer(status, code, message, errors)


def error_answer(status: int, code: int, message: str, errors: Any = None) -> Answer:
    return Answer.of_json(
        {"message": message, "code": code} | ({"errors": errors} if errors is not None else {}), status
    )


def invalid_form(path: Sequence[str], code: str, message: str) -> Refused:
    errors: Any = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(path):
        errors = {name: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)


@cache
def _validator(schema: str) -> Draft202012Validator:
    specification = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": specification["components"]},
        format_checker=FormatChecker(),
    )


def check_payload(payload: Any, files: Mapping[str, FormFile], is_edit: bool = False) -> dict[str, Any]:
    """The payload with its texts trimmed, as Discord counts them. Raises Refused."""
    if not isinstance(payload, dict):
        raise invalid_form((), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    payload = payload | {
        name: payload[name].strip() for name in ("content", "username") if isinstance(payload.get(name), str)
    }
    schema = "IncomingWebhookUpdateRequestPartial" if is_edit else "IncomingWebhookRequestPartial"
    for problem in _validator(schema).iter_errors(payload):
        path = [str(step) for step in problem.absolute_path]
        raise invalid_form(path, _CODES.get(str(problem.validator), "BASE_TYPE_INVALID"), problem.message)
    _check_username(payload.get("username"))
    _check_embeds(payload.get("embeds") or ())
    _check_files(payload.get("attachments") or (), files)
    if (payload.get("flags") or 0) & ~ALLOWED_FLAGS:
        raise invalid_form(("flags",), "BITFIELD_UNKNOWN", "a flag that webhooks cannot set")
    shows = [payload.get(name) for name in ("content", "embeds", "components", "poll")]
    if not any(shows) and not files and not is_edit:
        raise Refused(400, 50006, "Cannot send an empty message")
    return payload


def _check_username(username: str | None) -> None:
    if not username:
        return
    for word in ("discord", "clyde"):
        if word in username.lower():
            message = f'Username cannot contain "{word}"'
            raise invalid_form(("username",), "USERNAME_INVALID_CONTAINS", message)
    if username.lower() in ("everyone", "here"):
        raise invalid_form(("username",), "USERNAME_INVALID", "Username is invalid")


def _check_embeds(embeds: Sequence[Mapping[str, Any]]) -> None:
    if sum(len(text) for embed in embeds for text in _embed_texts(embed)) > MAX_EMBED_CHARACTERS:
        raise invalid_form(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _embed_texts(embed: Mapping[str, Any]) -> Iterator[str]:
    yield embed.get("title") or ""
    yield embed.get("description") or ""
    yield (embed.get("footer") or {}).get("text") or ""
    yield (embed.get("author") or {}).get("name") or ""
    for field in embed.get("fields") or ():
        yield field["name"]
        yield field["value"]


def _check_files(attachments: Sequence[Mapping[str, Any]], files: Mapping[str, FormFile]) -> None:
    numbers = set()
    for name, file in files.items():
        match = re.fullmatch(r"files\[([0-9])\]", name)
        if match is None:
            raise invalid_form((name,), "UNKNOWN_FIELD", "files are sent as files[0] to files[9]")
        if not file.file_name:
            raise invalid_form((name,), "BASE_TYPE_REQUIRED", "a file needs a filename in its Content-Disposition")
        numbers.add(match[1])
    ids = [str(attachment["id"]) for attachment in attachments]
    if len(set(ids)) != len(ids) or set(ids) != numbers:
        raise invalid_form(("attachments",), "ATTACHMENT_NOT_FOUND", "attachments[].id must name each of the files")
    for attachment in attachments:
        sent_as = files[f"files[{attachment['id']}]"].file_name
        if attachment.get("filename") not in (None, sent_as):
            raise invalid_form(("attachments",), "ATTACHMENT_NAME", "filename is not that of the file")
