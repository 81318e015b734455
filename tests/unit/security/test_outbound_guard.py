"""Which addresses and URLs the guard on outgoing HTTP refuses."""

from __future__ import annotations

import pytest

from shared.security.outbound import DestinationRefused, OutboundGuard
from tests.unit.security.resolvers import answers

REFUSED_ADDRESSES = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:8.8.8.8",
    "64:ff9b::127.0.0.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "not an address",
    "",
]

PUBLIC_ADDRESSES = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "162.159.128.233",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
]

# Every way the C library reads these as 127.0.0.1, 0.0.0.0 or a private address.
LITERALS_IN_DISGUISE = [
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://127.0.0.1./",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://[::1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[fe80::1%25eth0]/",
    "http://LOCALHOST@127.0.0.1/",
]


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_addresses_outside_of_the_public_internet_are_refused(address: str) -> None:
    with pytest.raises(DestinationRefused) as caught:
        OutboundGuard().check_address(address)
    assert caught.value.reason == "address_not_allowed"


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_addresses_pass(address: str) -> None:
    OutboundGuard().check_address(address)


@pytest.mark.parametrize("address", [address for address in REFUSED_ADDRESSES if "." in address or ":" in address])
def test_a_name_that_resolves_to_a_refused_address_is_refused(address: str) -> None:
    with pytest.raises(DestinationRefused):
        OutboundGuard(resolve=answers(address)).resolve("innocent.example", 443)


@pytest.mark.parametrize("url", LITERALS_IN_DISGUISE)
def test_addresses_written_in_another_form_are_refused_without_a_lookup(url: str) -> None:
    with pytest.raises(DestinationRefused):
        OutboundGuard().check_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/", "scheme_not_allowed"),
        ("file:///etc/passwd", "scheme_not_allowed"),
        ("gopher://example.com/", "scheme_not_allowed"),
        ("example.com/path", "scheme_not_allowed"),
        ("", "scheme_not_allowed"),
        ("http://user@example.com/", "userinfo_not_allowed"),
        ("http://user:password@example.com/", "userinfo_not_allowed"),
        ("http://example.com:0/", "malformed_url"),
        ("http://example.com:65536/", "malformed_url"),
        ("http:///path", "malformed_url"),
        ("http://exa mple.com/", "malformed_url"),
        ("http://example.com\\@127.0.0.1/", "malformed_url"),
        ("http://example.com/\r\nHost: other", "malformed_url"),
        ("http://[::1/", "malformed_url"),
        ("https://10.0.0.1:8443/", "address_not_allowed"),
    ],
)
def test_urls_that_cannot_be_meant_are_refused(url: str, reason: str) -> None:
    with pytest.raises(DestinationRefused) as caught:
        OutboundGuard().check_url(url)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "url", ["https://discord.com/api", "HTTP://Example.com:8081/a?b=c#d", "http://[2606:4700::1]/"]
)
def test_ordinary_urls_pass(url: str) -> None:
    OutboundGuard().check_url(url)


def test_a_refusal_holds_no_part_of_the_url() -> None:
    with pytest.raises(DestinationRefused) as caught:
        OutboundGuard().check_url("http://10.0.0.1/hook/top-secret?key=hidden")
    assert "secret" not in str(caught.value)
    assert "10.0.0.1" not in str(caught.value)


def test_the_allow_list_opens_its_networks_and_no_others() -> None:
    guard = OutboundGuard(allow=["192.168.7.0/24", "fd00::/8"])
    guard.check_address("192.168.7.20")
    guard.check_address("::ffff:192.168.7.20")
    guard.check_address("fd12::1")
    for address in ("192.168.8.1", "127.0.0.1", "::ffff:127.0.0.1", "fe80::1"):
        with pytest.raises(DestinationRefused):
            guard.check_address(address)


def test_an_allowed_wrapping_does_not_open_what_it_wraps() -> None:
    guard = OutboundGuard(allow=["64:ff9b::/96", "2002::/16"])
    guard.check_address("64:ff9b::8.8.8.8")
    guard.check_address("2002:808:808::1")
    for address in ("64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "2002:7f00:1::1", "2002:a00:1::1"):
        with pytest.raises(DestinationRefused):
            guard.check_address(address)
