"""What providers give as an e-mail address is one, or nobody pays for it."""

from __future__ import annotations

import pytest

from chalicelib.upstreams.contacts import address_of


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("them@there.example", "them@there.example"),
        (" Them@There.Example ", "them@there.example"),
        ("them", None),
        ("them@", None),
        ("@there.example", None),
        ("them@there", None),
        ("t**m@there.example", None),
        ("them@there.example\n=1+1", None),
        ("<b>them@there.example</b>", None),
        ("not found@any provider", None),
        ("", None),
        (True, None),
        (None, None),
        (["them@there.example"], None),
    ],
)
def test_an_address(told: object, address: str | None) -> None:
    assert address_of(told) == address
