"""Which addresses are called, and how they may be written."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from chalicelib.open_web.addresses import is_public, is_safe_url

PUBLIC = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8")
OTHERS = {
    "this network": "0.0.0.0",  # noqa: S104 - an address that is refused
    "private, class A": "10.0.0.8",
    "CGNAT": "100.64.0.1",
    "loopback": "127.0.0.1",
    "loopback, further on": "127.255.255.254",
    "link-local, metadata": "169.254.169.254",
    "private, class B": "172.16.0.1",
    "IETF protocols": "192.0.0.9",
    "documentation": "192.0.2.1",
    "6to4 relay": "192.88.99.1",
    "private, class C": "192.168.1.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "unspecified": "::",
    "loopback of IPv6": "::1",
    "mapped": "::ffff:10.0.0.1",
    "mapped loopback": "::ffff:127.0.0.1",
    "compatible": "::8.8.8.8",
    "translated": "::ffff:0:8.8.8.8",
    "NAT64": "64:ff9b::a00:1",
    "NAT64, local": "64:ff9b:1::a00:1",
    "discard": "100::1",
    "Teredo": "2001:0:4136:e378::1",
    "ORCHID": "2001:20::1",
    "documentation of IPv6": "2001:db8::1",
    "6to4": "2002:a00:1::",
    "documentation, the newer": "3fff::1",
    "segment routing": "5f00::1",
    "unique local": "fc00::1",
    "unique local, in use": "fd12::1",
    "link-local of IPv6": "fe80::1",
    "site-local": "fec0::1",
    "multicast of IPv6": "ff02::1",
}


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://127.1/",
        "https://0/",
        "https://localhost/",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "http://1.1.1.1/",
        "ftp://1.1.1.1/",
        "gopher://1.1.1.1/",
        "https://user@1.1.1.1/",
        "https://:word@1.1.1.1/",
        "https://@1.1.1.1/",
        "https://1.1.1.1:99999/",
        "https://1.1.1.1:0/",
        " https://1.1.1.1/",
        "https://1.1.1.1/ ",
        "https://1.1.1.1/\n",
        "https://1.1.\t1.1/",
        "https://1.1.1.1/a b",
        "https://\u2467.8.8.8/",
        "https://",
        "https:///path",
        "//1.1.1.1/",
        "no url",
        "",
    ],
)
def test_ways_in_that_are_closed(url: str) -> None:
    assert not is_safe_url(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("HTTPS://Hooks.Example.ORG/", "hooks.example.org"),
        ("https://b\u00fccher.example:8443/\u00e9t\u00e9?a=b#c", "xn--bcher-kva.example"),
        ("https://hooks.example.org./@me", "hooks.example.org."),
        ("https://hooks.example.org#@10.0.0.1/", "hooks.example.org"),
    ],
)
def test_the_host_is_asked_for_by_the_name_that_is_called(url: str, host: str) -> None:
    asked: list[str] = []

    def resolver(name: str) -> list[str]:
        asked.append(name)
        return ["1.1.1.1"]

    assert is_safe_url(url, resolver=resolver)
    assert asked == [host]


def test_one_private_address_among_public_ones_is_enough() -> None:
    assert is_safe_url("https://hooks.example.org/", resolver=lambda _: ["1.1.1.1", "8.8.8.8"])
    assert not is_safe_url("https://hooks.example.org/", resolver=lambda _: ["1.1.1.1", "10.0.0.1"])
    assert not is_safe_url("https://hooks.example.org/", resolver=lambda _: [])


def test_http_goes_to_loopback_where_that_is_allowed_and_nowhere_else() -> None:
    assert is_safe_url("http://127.0.0.1:8080/", allow_loopback_http=True)
    assert not is_safe_url("http://127.0.0.1:8080/")
    assert not is_safe_url("https://127.0.0.1/", allow_loopback_http=True)
    assert not is_safe_url("http://1.1.1.1/", allow_loopback_http=True)
    mixed = ["127.0.0.1", "1.1.1.1"]
    assert not is_safe_url("http://both/", allow_loopback_http=True, resolver=lambda _: mixed)
