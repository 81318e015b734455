"""Opening a WebSocket as a caller, and what comes of it."""

from __future__ import annotations

import aiohttp

from tests.security.authorisation.access import Caller
from tests.security.authorisation.cast import Cast
from tests.security.authorisation.sockets_table import Socket

ANSWER_WITHIN_SECONDS = 60
REFUSED = "refused"
SILENT = "told nothing"
LET_IN = "let in"


async def outcome(cast: Cast, socket: Socket, caller: Caller) -> str:
    """``refused`` at the handshake, ``told nothing`` after it, or ``let in``."""
    credential = cast.credentials[caller]
    # Pages' sockets ask where the page came from, which a browser tells and a script makes up.
    headers = {"Origin": cast.stack.base_url, **credential.headers}
    query = {**cast.filled(socket.query), **credential.query}
    async with aiohttp.ClientSession() as session:
        try:
            async with session.ws_connect(
                cast.stack.base_url + cast.filled(socket.path), params=query, headers=headers
            ) as opened:
                if not socket.first_message:
                    return LET_IN
                await opened.send_str(socket.first_message)
                told = await opened.receive_str(timeout=ANSWER_WITHIN_SECONDS)
                return LET_IN if socket.answer in told else SILENT
        except aiohttp.WSServerHandshakeError as refused:
            return REFUSED if refused.status in (401, 403) else f"status {refused.status}"
