"""Reads what aiohttp received into the form the events are built from."""

from __future__ import annotations

import asyncio

from aiohttp import web

from local.http_events import MAX_BODY_BYTES, HttpRequest

# Longer than any client that is alive needs for 6 MiB; a client that stalls must not hold a connection for ever.
BODY_DEADLINE_SECONDS = 30.0


class BodyTooLarge(Exception):
    """The body is larger than a function can take."""


async def read_request(request: web.Request, *, binary: bool = False) -> HttpRequest:
    """Read the whole request. Raises BodyTooLarge, and TimeoutError for a body that does not arrive."""
    async with asyncio.timeout(BODY_DEADLINE_SECONDS):
        body = await _read_body(request)
    return describe_request(request, body, binary=binary)


def describe_request(request: web.Request, body: bytes = b"", *, binary: bool = False) -> HttpRequest:
    # request.path would be decoded and normalised; functions get what the client sent.
    raw_path, _, raw_query = _well_formed(request.raw_path).partition("?")
    if not raw_path.startswith("/"):  # absolute form, RFC 9112 section 3.2.2
        raw_path = request.rel_url.raw_path
    local_address = request.transport.get_extra_info("sockname") if request.transport else None
    return HttpRequest(
        method=request.method,
        raw_path=raw_path,
        raw_query=raw_query.partition("#")[0],
        headers=[(name, _well_formed(value)) for name, value in request.headers.items()],
        body=body,
        peer_address=request.remote or "",
        protocol=f"HTTP/{request.version.major}.{request.version.minor}",
        scheme=request.scheme,
        port=local_address[1] if local_address else 0,
        binary=binary,
    )


def _well_formed(text: str) -> str:
    """aiohttp keeps bytes that are no UTF-8 as lone surrogates; an event is JSON and cannot hold those."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


async def _read_body(request: web.Request) -> bytes:
    if request.content_length is not None and request.content_length > MAX_BODY_BYTES:
        raise BodyTooLarge
    if not request.body_exists:
        return b""
    received = bytearray()
    async for chunk in request.content.iter_any():
        received += chunk
        if len(received) > MAX_BODY_BYTES:
            raise BodyTooLarge
    return bytes(received)
