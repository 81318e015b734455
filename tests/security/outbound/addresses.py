"""Addresses that lead into somebody's own network, in every disguise known (SSRF)."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

METADATA = "169.254.169.254"


@dataclass(frozen=True)
class Hostile:
    """``authority`` is what stands between ``http://`` and the path. ``resolves`` are the addresses DNS answers for its
    host; empty for hosts that are no names."""

    why: str
    authority: str
    resolves: tuple[str, ...] = ()

    @property
    def base_url(self) -> str:
        return f"http://{self.authority}"


def _written(why: str, *authorities: str) -> list[Hostile]:
    return [Hostile(why, authority) for authority in authorities]


def _named(why: str, name: str, *addresses: str) -> Hostile:
    return Hostile(why, name, addresses)


HOSTILE: Sequence[Hostile] = (
    *_written("loopback", "127.0.0.1", "127.0.0.1:8080", "127.255.255.254", "[::1]", "[0:0:0:0:0:0:0:1]:443"),
    *_written("this network", "0.0.0.0", "[::]", "0"),
    *_written("private networks", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *_written("link-local and metadata", METADATA, "169.254.170.2", "[fe80::1]", "[fe80::1%25eth0]", "[fd00:ec2::254]"),
    *_written("documentation, benchmarking, multicast, reserved", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
    *_written("broadcast", "255.255.255.255"),
    *_written("one number", "2130706433", "2852039166", "0x7f000001", "0xa9fea9fe", "017700000001"),
    *_written("hexadecimal parts", "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "0xa9.0xfe.0xa9.0xfe"),
    *_written("octal parts", "0177.0.0.1", "0177.0000.0000.0001", "0251.0376.0251.0376"),
    *_written("fewer parts", "127.1", "127.0.1", "10.1", "169.254.43518"),
    *_written("a dot at the end", "127.0.0.1.", "169.254.169.254.", "2130706433."),
    *_written("IPv4 mapped into IPv6", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]"),
    *_written("IPv4-compatible and IPv4-translated", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]"),
    *_written("NAT64", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]"),
    *_written("6to4", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]"),
    *_written("Teredo", "[2001:0:7f00:1::1]", "[2001::5601:5601]"),
    *_written("unique local, site-local, multicast IPv6", "[fc00::1]", "[fec0::1]", "[ff02::1]"),
    *_written("a user before the address", "discord.com@127.0.0.1", "discord.com:443@127.0.0.1", "a:b@10.0.0.1"),
    *_written("parsers disagree about the host", "127.0.0.1\\@discord.com", "discord.com\\@127.0.0.1", "127.0.0.1%2f"),
    *_written("blanks and line breaks", "127.0.0.1 .discord.com", "127.0.0.1\t", "127.0.0.1\r\nHost: discord.com"),
    *_written("full-width and ideographic dots", "127。0。0。1", "127．0．0．1", "169｡254｡169｡254"),
    *_written("full-width and circled digits", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "⑯⑨.254.169.254"),
    *_written("no host", "", ":80", "/", "?", "#"),
    _named("localhost", "localhost", "127.0.0.1"),
    _named("localhost with a dot", "localhost.", "127.0.0.1"),
    _named("localhost in letters that become it", "ｌｏｃａｌｈｏｓｔ", "127.0.0.1"),
    _named("a name that leads home", "127.0.0.1.nip.example", "127.0.0.1"),
    _named("a name that leads to metadata", "metadata.google.internal", METADATA),
    _named("a name of IPv6 that leads home", "six.example", "::1"),
    _named("a name of NAT64 that leads to metadata", "nat64.example", "64:ff9b::a9fe:a9fe"),
    _named("a name of 6to4 that leads home", "sixtofour.example", "2002:7f00:1::"),
    _named("one bad address among good ones", "mixed.example", "8.8.8.8", "10.0.0.1"),
    _named("one bad IPv6 address among good ones", "mixed6.example", "2606:4700:4700::1111", "fd00::1"),
    _named("an answer that is no address", "odd.example", "not an address"),
)


class Resolver:
    """socket.getaddrinfo for tests: names as they are given, and hosts that are numbers as the C library reads them."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self._names = names
        self.lookups: list[str] = []

    def __call__(self, host: str, port: int, **options: Any) -> Sequence[Any]:
        self.lookups.append(host)
        if host not in self._names:
            return socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST, **options)
        families = {True: socket.AF_INET6, False: socket.AF_INET}
        return [
            (
                families[":" in address],
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in self._names[host]
        ]


ALL_NAMES = {each.authority: each.resolves for each in HOSTILE if each.resolves}
