"""Who a run's file may be mailed to: `to` and `cc` are addresses, ten at most."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.streams.inputs import Recipients


def _addresses(number: int) -> list[str]:
    return [f"person{each}@example.org" for each in range(number)]


@pytest.mark.parametrize(
    "fields",
    [
        {"to": "a@example.org"},
        {"to": ["a@example.org", "b@example.org"]},
        {"to": "a@example.org", "cc": _addresses(9)},
        {"to": _addresses(10), "cc": []},
    ],
)
def test_addresses(fields: dict[str, Any]) -> None:
    found = Recipients.model_validate({"format": "csv", **fields})
    assert isinstance(found.to, list)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"to": "nobody"}, ("to", 0)),
        ({"to": []}, ("to",)),
        ({"to": None}, ("to",)),
        ({"to": "a@example.org\r\nBcc: b@example.org"}, ("to", 0)),
        ({"to": "a@example.org, b@example.org"}, ("to", 0)),
        ({"to": "a@example.org", "cc": ["nobody"]}, ("cc", 0)),
        ({"to": "a@example.org", "cc": "b@example.org"}, ("cc",)),
        ({"to": "a@example.org", "cc": _addresses(10)}, ()),
        ({"to": "a@example.org", "bcc": ["b@example.org"]}, ("bcc",)),
        ({"to": "a@example.org", "format": "pdf"}, ("format",)),
    ],
)
def test_what_is_no_address(fields: dict[str, Any], where: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        Recipients.model_validate({"format": "csv", **fields})
    assert [error["loc"] for error in caught.value.errors()] == [where]
