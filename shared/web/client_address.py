"""Where a request came from, as the front door saw it."""

from __future__ import annotations

from flask import request

# Set by the front door. Whoever goes round it can make one up.
CLIENT_ADDRESS_HEADER = "X-Relay-Client-Address"
MAX_ADDRESS_CHARACTERS = 64


def client_address() -> str:
    """The address, as far as it can be known; a client's own X-Forwarded-For counts for nothing."""
    return (request.headers.get(CLIENT_ADDRESS_HEADER, "") or request.remote_addr or "")[:MAX_ADDRESS_CHARACTERS]
