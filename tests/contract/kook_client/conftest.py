"""A stand-in KOOK with a world in it, and the client that calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.kook.client.client import KookClient
from shared.platforms.http import RequestsHttpClient
from shared.security.outbound import OutboundGuard, guarded_session
from tests.fakes.clock import FakeClock
from tests.standins.kook import KookStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN, DEFAULT_PIPE_TOKEN


@pytest.fixture
def http() -> RequestsHttpClient:
    return RequestsHttpClient(guarded_session(OutboundGuard(allow=("127.0.0.0/8",))))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_800_000_000.0)


@pytest.fixture
def kook(clock: FakeClock) -> Iterator[KookStandIn]:
    with KookStandIn() as stand_in:
        stand_in.world.clock = clock
        stand_in.world.populate()
        stand_in.world.channel_of_pipe[DEFAULT_PIPE_TOKEN] = "8002"
        yield stand_in


@pytest.fixture
def client(kook: KookStandIn, http: RequestsHttpClient, clock: FakeClock) -> KookClient:
    return KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, timeout_seconds=5.0, clock=clock)


@pytest.fixture
def ids(kook: KookStandIn) -> dict[str, Any]:
    """Ids of things that are there: a message, a role somebody has, a private chat with a message."""
    world = kook.world
    guild = world.guilds["7001"]
    guild.roles[4001] = {"role_id": 4001, "name": "管理员", "color": 0, "position": 1, "hoist": 0, "mentionable": 1}
    guild.members["30002"].roles.append(4001)
    first = min(world.messages.values(), key=lambda message: message["create_at"])
    world.reactions[first["id"]] = [("10001", "🔥")]
    chat_code = world.open_chat("30001")
    private = world.add_message(chat_code, "私信", author_id="30001")
    return {"msg_id": first["id"], "chat_code": chat_code, "private_id": private["id"]}
