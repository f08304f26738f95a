"""Followers by formula: any account can have a million of them and none is held in memory.

A synthetic person is the n-th follower of the account in a slot of the world. Both numbers can be
read back from the id and from the handle, so that whoever was listed also resolves on its own.
"""

from __future__ import annotations

import string
from functools import lru_cache

from localdev.xworld.invention.account import Invented
from localdev.xworld.invention.invent import invent
from localdev.xworld.person import Person, person_of

MOST_FOLLOWERS = 10**8
"""The largest audience: how many ids a slot has."""

SLOTS = 42 * 10**9
"""How many slots fit between the first id of the formula and the last that 63 bits hold."""

_FIRST_ID = 5 * 10**18
_LOOKS = 8_192
"""How many different people the formula knows; id and handle are each person's own."""
_DIGITS = string.digits + string.ascii_lowercase


def synthetic_id(slot: int, index: int) -> str:
    """The id of follower `index` (0 is the oldest) of the account in `slot`."""
    return str(_FIRST_ID + slot * MOST_FOLLOWERS + index)


def synthetic_person(id: str) -> Person | None:
    """The person of this id, or None when it is not an id of the formula."""
    if not (id.isascii() and id.isdigit() and len(id) == 19):
        return None
    slot, index = divmod(int(id) - _FIRST_ID, MOST_FOLLOWERS)
    return synthetic_follower(slot, index) if 0 <= slot < SLOTS else None


def synthetic_follower(slot: int, index: int) -> Person:
    """Follower `index` (0 is the oldest) of the account in `slot`."""
    number = slot * MOST_FOLLOWERS + index
    # Multiplied, so that the lists of two accounts do not hold the same looks at the same places.
    account = _invented(number * 2_654_435_761 % _LOOKS)
    return person_of(
        account.shown, id=synthetic_id(slot, index), handle=_handle(number, account.stem)
    )


def id_in_handle(handle: str) -> str | None:
    """The id that a synthetic handle would stand for; the caller compares the handles."""
    code = handle.lower().rpartition("_")[2]
    if not code or not set(code) <= set(_DIGITS):
        return None
    return str(_FIRST_ID + int(code, 36))


@lru_cache(maxsize=_LOOKS)
def _invented(look: int) -> Invented:
    return invent(look)


def _handle(number: int, stem: str) -> str:
    code = ""
    while number or not code:
        number, digit = divmod(number, 36)
        code = _DIGITS[digit] + code
    return f"{stem[: 14 - len(code)]}_{code}"
