"""Name resolution with prepared answers, in the shape of socket.getaddrinfo."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any


def answers(*addresses: str) -> Callable[..., Sequence[Any]]:
    """A resolver that answers every name with these addresses."""

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]

    return resolve


class ChangingResolver:
    """Answers each lookup with the next address."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)
        self.lookups = 0

    def __call__(self, host: str, port: int, **kwargs: Any) -> Sequence[Any]:
        self.lookups += 1
        return answers(self._addresses.pop(0))(host, port)
