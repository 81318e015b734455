"""What the operator reads once the stack is ready: where it is, the token, and what to do next."""

from __future__ import annotations

import shlex
import sys
from typing import TextIO

from local.configuration import TokenOrigin
from local.engines.layout import EngineKind
from local.messages import Messages
from local.runner import Started
from shared.aws.settings import Settings

_EXAMPLE_ACCOUNT = '{"email": "me@example.com", "bot_token": "...", "verify_token": "...", "encrypt_key": "..."}'


def print_banner(started: Started, settings: Settings, messages: Messages, console: TextIO = sys.stdout) -> None:
    """Print the addresses, the API token when it is new, and the first request to make."""
    public = settings.public_url or started.base_url
    lines = ["", messages("ready", seconds=started.seconds)]
    rows = [(messages("label_data"), str(started.data_dir))]
    token = started.api_token
    if token is not None:
        shown = {
            TokenOrigin.NEW: token.token,
            TokenOrigin.CONFIGURED: messages("token_from_environment"),
            TokenOrigin.KNOWN: messages("token_known"),
        }[token.origin]
        rows = [
            (messages("label_console"), f"{public}/console/"),
            (messages("label_api"), f"{public}/api"),
            (messages("label_webhook"), f"{public}/webhook"),
            (messages("label_token"), shown),
            *_password_rows(started, messages),
            *rows,
        ]
    width = max(_columns(label) for label, _ in rows)
    lines += [f"  {label}{' ' * (width - _columns(label))}  {value}" for label, value in rows]
    if token is not None and token.origin is TokenOrigin.NEW:
        lines.append(f"  {messages('token_once')}")
    if started.admin_password is not None and started.admin_password.origin is TokenOrigin.NEW:
        lines.append(f"  {messages('password_once')}")
    if started.engine_kind is EngineKind.MINISTACK:
        lines += ["", messages("ministack_costs")]
    if token is not None:
        lines += ["", messages("next_step"), *_first_request(started.base_url)]
        if not settings.public_url:
            lines += ["", messages("public_url_hint", base=started.base_url)]
    lines += ["", messages("stop_hint"), ""]
    print("\n".join(lines), file=console, flush=True)


def _password_rows(started: Started, messages: Messages) -> list[tuple[str, str]]:
    password = started.admin_password
    if password is None:
        return []
    shown = {
        TokenOrigin.NEW: password.password,
        TokenOrigin.CONFIGURED: messages("password_from_environment"),
        TokenOrigin.KNOWN: messages("password_known"),
    }[password.origin]
    return [(messages("label_password"), shown)]


def _first_request(base_url: str) -> list[str]:
    return [
        f"  curl -X POST {base_url}/api/accounts \\",
        '    -H "X-API-Token: $API_TOKEN" -H "Content-Type: application/json" \\',
        f"    -d {shlex.quote(_EXAMPLE_ACCOUNT)}",
    ]


def _columns(text: str) -> int:
    """Width on a terminal, where a Chinese character takes two columns."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
