"""Reading KOOK's results leniently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kook.client import results

READERS: list[Callable[[Any], Any]] = [
    results.read_user,
    results.read_online_status,
    results.read_role,
    results.read_user_roles,
    results.read_channel,
    results.read_guild,
    results.read_guild_detail,
    results.read_message,
    results.read_sent_message,
    results.read_user_chat,
    results.read_guild_user_page,
    results.read_url,
]
KNOWN_KEYS = [
    "id",
    "role_id",
    "msg_id",
    "code",
    "url",
    "online",
    "online_os",
    "items",
    "meta",
    "page",
    "page_total",
    "roles",
    "channels",
    "author",
    "quote",
    "attachments",
    "mention_info",
    "target_info",
    "create_at",
    "type",
    "is_category",
    "children",
    "mention",
    "nonce",
    "user_count",
    "hoist",
    "permissions",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KNOWN_KEYS) | st.text(max_size=3), inner, max_size=8)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@given(raw=JSON)
def test_any_json_is_read_or_malformed_and_never_anything_else(read: Callable[[Any], Any], raw: Any) -> None:
    try:
        result = read(raw)
    except results.Malformed:
        return
    assert isinstance(result, dict | str)


@given(raw=st.dictionaries(st.sampled_from(KNOWN_KEYS), JSON, max_size=10))
def test_known_keys_of_a_message_always_have_their_type(raw: dict[str, Any]) -> None:
    message = results.read_message({**raw, "id": "m1"})
    assert isinstance(message["content"], str)
    assert isinstance(message["create_at"], int)
    assert all(isinstance(user_id, str) for user_id in message["mention"])
    assert message["author"] is None or isinstance(message["author"]["id"], str)
    assert message["attachments"] is None or isinstance(message["attachments"], dict)


@pytest.mark.parametrize("nothing", [None, [], False, {}, ""])
def test_kooks_ways_to_say_no_attachment(nothing: Any) -> None:
    message = results.read_message({"id": "m", "attachments": nothing, "quote": nothing})
    assert (message["attachments"], message["quote"]) == (None, None)


@pytest.mark.parametrize("raw", [{"role_id": 7}, {"role_id": "7"}, [{"role_id": 7}]])
def test_a_role_comes_alone_or_in_a_list_of_one(raw: Any) -> None:
    assert results.read_role(raw)["role_id"] == 7


@pytest.mark.parametrize("raw", [[], [{"role_id": 1}, {"role_id": 2}], {"role_id": "²"}, {"role_id": -1}, {}, None])
def test_a_role_without_its_id_is_malformed(raw: Any) -> None:
    with pytest.raises(results.Malformed):
        results.read_role(raw)


def test_a_page_without_paging_information_says_so() -> None:
    page = results.read_page({"items": [{"id": 1}], "meta": []}, results.read_guild)
    assert (page["page_total"], page["total"], page["items"][0]["id"]) == (-1, -1, "1")


def test_ids_beyond_what_a_float_holds_stay_exact() -> None:
    assert results.read_guild({"id": 9007199254740993})["id"] == "9007199254740993"
