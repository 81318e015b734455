"""One embedded stack with everybody signed in, for the whole matrix."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.durable_engines import require_durable_engines
from tests.embedded import EmbeddedStack, eventually
from tests.security.authorisation.access import Caller
from tests.security.authorisation.cast import ENVIRONMENT, Cast
from tests.security.authorisation.handshakes import REFUSED, outcome
from tests.security.authorisation.sockets_table import SOCKETS


@pytest.fixture(scope="session")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    require_durable_engines()
    with EmbeddedStack(tmp_path_factory.mktemp("matrix") / "data", environment=ENVIRONMENT) as stack:
        yield Cast(stack)


@pytest.fixture(scope="class")
def private_site(cast: Cast) -> Iterator[None]:
    """Sockets read the site's settings at most every five seconds, so both changes are waited for."""
    cast.set_private(True)
    eventually(lambda: _page_is_shut(cast))
    yield
    cast.set_private(False)
    eventually(lambda: not _page_is_shut(cast))


def _page_is_shut(cast: Cast) -> bool:
    page = next(socket for socket in SOCKETS if socket.kind == "monitor-page")
    return asyncio.run(outcome(cast, page, Caller.NOBODY)) == REFUSED
