"""`make key`: an address that could sign in, or none at all; any other is refused by name."""

from __future__ import annotations

import argparse

import pytest

from localdev import seed


@pytest.mark.parametrize(
    ("given", "taken"),
    [("", seed.EMAIL), ("you@example.org", "you@example.org"), (seed.EMAIL, seed.EMAIL)],
)
def test_addresses(given: str, taken: str) -> None:
    assert seed._address(given) == taken


@pytest.mark.parametrize("given", [" ", "nonsense", "you@", "you@example.org, me@example.org"])
def test_no_addresses(given: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no e-mail address"):
        seed._address(given)
