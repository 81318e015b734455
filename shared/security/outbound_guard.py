"""Which addresses outgoing requests may reach: none that belongs to this machine's own network (SSRF)."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
AddressInfo: TypeAlias = tuple[Any, Any, int, str, tuple[Any, ...]]
Resolver: TypeAlias = Callable[..., Sequence[AddressInfo]]

# An explicit list, because ``ipaddress.is_global`` lets multicast, 6to4, NAT64 and others through and changes with
# the Python release. Sources: the IANA special-purpose registries for IPv4 and IPv6.
REFUSED_NETWORKS: tuple[IpNetwork, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # "this network"
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata service of every cloud
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relay anycast
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
        "::/96",  # unspecified, loopback and IPv4-compatible
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local use
        "100::/64",  # discard
        "2001::/23",  # protocol assignments, with Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, deprecated
        "ff00::/8",  # multicast
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")


class DestinationRefused(Exception):
    """The guard said no. ``reason`` is a stable code; neither it nor ``detail`` holds any part of the URL.

    Reasons: ``malformed_url``, ``scheme_not_allowed``, ``userinfo_not_allowed``, ``address_not_allowed``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class OutboundGuard:
    """Judges URLs and addresses. ``allow`` lists networks (CIDR) let through although they are on the refuse list.

    ``resolve`` has the signature of socket.getaddrinfo.
    """

    def __init__(self, allow: Sequence[str] = (), resolve: Resolver = socket.getaddrinfo) -> None:
        self._allowed = tuple(ipaddress.ip_network(network, strict=False) for network in allow)
        self._resolve = resolve

    def check_url(self, url: str) -> None:
        """Refuse what can be refused without DNS: scheme, user info, port, and addresses written as the host.

        Raises:
            DestinationRefused
        """
        parts = _parsed(url)
        if parts.scheme not in ("http", "https"):
            raise DestinationRefused("scheme_not_allowed", "only http and https addresses are allowed")
        if parts.auth is not None:
            raise DestinationRefused("userinfo_not_allowed", "an address must not hold a user name or password")
        if not parts.host:
            raise DestinationRefused("malformed_url", "the address has no host")
        if parts.port is not None and not 1 <= parts.port <= 65535:
            raise DestinationRefused("malformed_url", "the port must be from 1 to 65535")
        literal = _literal_address(parts.host)
        if literal is not None:
            self.check_address(literal)

    def check_address(self, address: str | IpAddress) -> None:
        """Raises DestinationRefused unless the address is on the public Internet or allowed by the operator.

        Text that is no IP address is refused too.
        """
        if isinstance(address, str):
            try:
                address = ipaddress.ip_address(address.partition("%")[0])
            except ValueError:
                raise DestinationRefused("address_not_allowed", "the host resolves to something unreadable") from None
        if isinstance(address, ipaddress.IPv6Address):
            address = ipaddress.IPv6Address(int(address))  # without its zone
            if address.ipv4_mapped is not None:
                address = address.ipv4_mapped
        embedded = _embedded_ipv4(address)
        if embedded is not None:
            # A network allowed for its wrapping does not open the networks that can be wrapped.
            self.check_address(embedded)
        if self._is_in(address, REFUSED_NETWORKS) and not self._is_in(address, self._allowed):
            raise DestinationRefused("address_not_allowed", "the host is not reachable over the public Internet")

    def resolve(self, host: str, port: int) -> list[AddressInfo]:
        """Resolve and judge: all addresses are given back, or none is.

        Raises:
            DestinationRefused: at least one address is refused.
            OSError: the name could not be resolved.
        """
        try:
            found = list(self._resolve(host.strip("[]"), port, type=socket.SOCK_STREAM))
        except UnicodeError:
            raise socket.gaierror(socket.EAI_NONAME, "not a valid host name") from None
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        for info in found:
            self.check_address(str(info[4][0]))
        return found

    @staticmethod
    def _is_in(address: IpAddress, networks: Sequence[IpNetwork]) -> bool:
        return any(address.version == network.version and address in network for network in networks)


def _parsed(url: str) -> Url:
    if _NOT_IN_URL.search(url):
        raise DestinationRefused("malformed_url", "the address holds blanks, control characters or backslashes")
    try:
        return parse_url(url)
    except LocationParseError:
        raise DestinationRefused("malformed_url", "the address cannot be read") from None


def _literal_address(host: str) -> IpAddress | None:
    """The address a host spells out, in any of the forms the C library takes (127.1, 0x7f000001, 0177.0.0.1 …)."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except (OSError, UnicodeError):
        return None


def _embedded_ipv4(address: IpAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a NAT64 or 6to4 address leads to."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.sixtofour
