"""Calls whose arguments cannot work are refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.kook.client.assets import MAX_ASSET_BYTES
from shared.kook.client.client import KookClient
from shared.kook.client.errors import InvalidCall
from shared.kook.client.oauth import KookOAuth
from shared.kook.client.pipes import KookPipe


class Offline:
    """An HTTP client nothing may be sent over."""

    def request(self, method: str, url: str, **content: Any) -> Any:
        raise AssertionError("a request was sent")


CLIENT = KookClient(Offline(), "https://kook.invalid/api/v3", "token")
PIPE = KookPipe(Offline(), "https://kook.invalid/api/v3", "token")
OAUTH = KookOAuth(Offline(), "https://kook.invalid/api/v3", "client", "secret")


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("page", lambda: CLIENT.guild_list(page=0)),
        ("page_size", lambda: CLIENT.guild_list(page_size=51)),
        ("page_size", lambda: CLIENT.guild_list(page_size=True)),
        ("sort", lambda: CLIENT.guild_list(sort="name")),
        ("guild_id", lambda: CLIENT.guild_view("")),
        ("guild_id", lambda: CLIENT.guild_view("1\r\nX: y")),
        ("guild_id", lambda: CLIENT.guild_view("1" * 200)),
        ("guild_id", lambda: CLIENT.guild_view(None)),  # type: ignore[arg-type]
        ("target_id", lambda: CLIENT.guild_kickout("1", "")),
        ("search", lambda: CLIENT.guild_user_list("1", search="x" * 101)),
        ("nickname", lambda: CLIENT.guild_nickname("1", "x")),
        ("nickname", lambda: CLIENT.guild_nickname("1", "x" * 65)),
        ("name", lambda: CLIENT.guild_role_create("1", " ")),
        ("role_id", lambda: CLIENT.guild_role_delete("1", -1)),
        ("role_id", lambda: CLIENT.guild_role_delete("1", "7")),  # type: ignore[arg-type]
        ("color", lambda: CLIENT.guild_role_update("1", 1, color=0x1000000)),
        ("permissions", lambda: CLIENT.guild_role_update("1", 1, permissions=2**32)),
        ("user_id", lambda: CLIENT.guild_role_grant("1", "", 1)),
        ("type", lambda: CLIENT.channel_list("1", type=3)),  # type: ignore[arg-type]
        ("content", lambda: CLIENT.message_create("1", "")),
        ("content", lambda: CLIENT.message_create("1", " \n")),
        ("content", lambda: CLIENT.message_create("1", "x" * 20_001)),
        ("content", lambda: CLIENT.message_create("1", {"a": 1})),  # type: ignore[arg-type]
        ("type", lambda: CLIENT.message_create("1", "x", type=255)),  # type: ignore[arg-type]
        ("type", lambda: CLIENT.message_create("1", "x", type=True)),
        ("nonce", lambda: CLIENT.message_create("1", "x", nonce="n" * 257)),
        ("quote", lambda: CLIENT.message_create("1", "x", quote="")),
        ("msg_id", lambda: CLIENT.message_update("", "x")),
        ("msg_id", lambda: CLIENT.message_delete("")),
        ("flag", lambda: CLIENT.message_list("1", flag="after")),
        ("flag", lambda: CLIENT.message_list("1", msg_id="m", flag="later")),  # type: ignore[arg-type]
        ("pin", lambda: CLIENT.message_list("1", pin=2)),  # type: ignore[arg-type]
        ("page_size", lambda: CLIENT.message_list("1", page_size=0)),
        ("chat_code", lambda: CLIENT.direct_message_create("x")),
        ("chat_code", lambda: CLIENT.direct_message_create("x", target_id="1", chat_code="c")),
        ("chat_code", lambda: CLIENT.direct_message_list()),
        ("chat_code", lambda: CLIENT.direct_message_view("", "m")),
        ("target_id", lambda: CLIENT.user_chat_create("")),
        ("user_id", lambda: CLIENT.user_view("")),
        ("file", lambda: CLIENT.asset_create("a.png", b"")),
        ("file", lambda: CLIENT.asset_create("a.png", bytes(MAX_ASSET_BYTES + 1))),
        ("mime_type", lambda: CLIENT.asset_create("a.png", b"x", "image/png\r\nX: y")),
        ("content", lambda: PIPE.send("")),
        ("template_input", lambda: PIPE.send_template({})),
        ("template_input", lambda: PIPE.send_template({"x": "y" * 100_000})),
        ("scope", lambda: OAUTH.authorize_url("https://relay.example/", [])),
        ("scope", lambda: OAUTH.authorize_url("https://relay.example/", ["everything"])),
        ("redirect_uri", lambda: OAUTH.authorize_url("javascript:alert(1)", ["get_user_info"])),
        ("state", lambda: OAUTH.authorize_url("https://relay.example/", ["get_user_info"], "a\nb")),
        ("code", lambda: OAUTH.exchange_code("", "https://relay.example/")),
        ("client_id", lambda: KookOAuth(Offline(), "https://kook.invalid/api/v3", "", "s")),
        ("api_base", lambda: KookOAuth(Offline(), "kook.invalid", "c", "s")),
    ],
)
def test_the_argument_at_fault_is_named(field: str, call: Callable[[], Any]) -> None:
    with pytest.raises(InvalidCall) as refusal:
        call()
    assert refusal.value.field == field
    assert str(refusal.value) == f"{field}: {refusal.value.detail}"


@pytest.mark.parametrize(
    ("api_base", "root"),
    [
        ("https://www.kookapp.cn/api/v3", "https://www.kookapp.cn"),
        ("https://www.kookapp.cn/api/v3/", "https://www.kookapp.cn"),
        ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080"),
        ("https://proxy.example/kook/api/v3", "https://proxy.example/kook"),
        ("https://kook.example/custom", "https://kook.example"),
    ],
)
def test_oauth_is_on_the_host_of_the_kook_base(api_base: str, root: str) -> None:
    url = KookOAuth(Offline(), api_base, "client id", "secret").authorize_url(
        "https://relay.example/a?b=c", ["get_user_info", "get_user_guilds"], "s&t"
    )
    assert url == (
        f"{root}/app/oauth2/authorize?response_type=code&client_id=client+id"
        "&redirect_uri=https%3A%2F%2Frelay.example%2Fa%3Fb%3Dc&scope=get_user_info+get_user_guilds&state=s%26t"
    )
