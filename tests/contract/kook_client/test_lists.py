"""The KOOK client's lists: over pages, and messages in both directions."""

from __future__ import annotations

import pytest

from shared.kook.client.client import KookClient
from tests.standins.kook import KookStandIn


def test_lists_are_read_over_three_pages(client: KookClient, kook: KookStandIn) -> None:
    for number in range(4, 121):
        kook.world.add_guild(str(7000 + number), f"服务器 {number}")
    assert [guild["id"] for guild in client.guilds()] == [str(7000 + number) for number in range(1, 121)]
    assert [request.query["page"] for request in kook.requests] == [["1"], ["2"], ["3"]]
    assert {request.query["page_size"][0] for request in kook.requests} == {"50"}


def test_channels_members_roles_and_chats_are_iterated_with_their_parameters(
    client: KookClient, kook: KookStandIn
) -> None:
    world = kook.world
    for number in range(5, 8):
        world.add_channel("7001", str(8000 + number), f"频道 {number}", parent_id="8000")
    assert len(list(client.channels("7001", parent_id="8000", page_size=3))) == 7
    assert len(list(client.guild_users("7001", page_size=3))) == 7
    for _ in range(7):
        client.guild_role_create("7001")
    assert len(list(client.guild_roles("7001", page_size=3))) == 7
    for number in range(1, 6):
        client.user_chat_create(str(30000 + number))
    assert len({chat["code"] for chat in client.user_chats(page_size=2)}) == 5
    paged = [request for request in kook.requests if request.method == "GET"]
    assert [request.query["page"][0] for request in paged] == list("123" * 4)


def test_pages_are_asked_for_only_when_needed(client: KookClient, kook: KookStandIn) -> None:
    guilds = client.guilds(page_size=1)
    assert kook.requests == []
    next(guilds)
    assert len(kook.requests) == 1


@pytest.mark.parametrize("newest_first", [False, True])
def test_messages_are_walked_in_both_directions_whatever_kooks_order_within_a_batch(
    newest_first: bool, client: KookClient, kook: KookStandIn
) -> None:
    kook.world.newest_first = newest_first
    contents = [f"消息 {number}" for number in range(1, 11)]

    assert [message["content"] for message in client.messages("8001", page_size=4)] == contents[::-1]
    first = client.message_list("8001", page_size=50)
    oldest = min(first, key=lambda message: message["create_at"])
    kook.clear()
    after = list(client.messages("8001", start=oldest["id"], direction="after", page_size=4))
    assert [message["content"] for message in after] == contents[1:]
    assert [request.query["msg_id"][0] for request in kook.requests] == [
        oldest["id"],
        after[3]["id"],
        after[7]["id"],
        after[8]["id"],
    ]
    assert {request.query["flag"][0] for request in kook.requests} == {"after"}


def test_private_messages_are_walked_too(client: KookClient, kook: KookStandIn) -> None:
    code = kook.world.open_chat("30001")
    for number in range(5):
        kook.world.add_message(code, str(number), create_at=1000 + number)
    assert [m["content"] for m in client.direct_messages(chat_code=code, page_size=2)] == list("43210")
