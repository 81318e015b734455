"""What a platform answered, made fit to be shown to an operator and stored in a log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

MAX_CHARACTERS = 300

_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def presentable(answer: str, secrets: Iterable[str] = ()) -> str:
    """One line of at most 300 characters with no URL and none of ``secrets`` in it.

    Platforms echo parts of the request in their descriptions, and the address of a request to a bot API or a hook
    is itself the credential.
    """
    for secret in filter(None, secrets):
        # As it was sent, and as it stood in the request's address.
        for form in (secret, quote(secret), quote(secret, safe="")):
            answer = answer.replace(form, "[secret]")
    line = _CONTROL.sub(" ", _URL.sub("[link]", answer[: 10 * MAX_CHARACTERS])).strip()
    return line if len(line) <= MAX_CHARACTERS else line[: MAX_CHARACTERS - 1] + "…"
