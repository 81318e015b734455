"""The addresses that the embedded stack listens on."""

from __future__ import annotations

import errno
import socket

from local.messages import EmbeddedStackError


def claim_address(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not listening yet: clients are refused until the stack is ready.

    Raises EmbeddedStackError when the port is in use or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    claimed = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port that an earlier run has just left is free again at once.
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claimed.bind((host, port))
    except OSError as error:
        claimed.close()
        raise address_error(error, host, port) from None
    return claimed


def address_error(error: OSError, host: str, port: int) -> EmbeddedStackError:
    if error.errno == errno.EADDRINUSE:
        return EmbeddedStackError("port_in_use", port=port)
    return EmbeddedStackError("address_unavailable", host=host, port=port, reason=error.strerror or error)
