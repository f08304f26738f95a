"""Finding the person on X whom a look-up names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from chalicelib.errors import HandleLookupFailed, HandleNotFound, ProfileMissing
from chalicelib.lookups.schemas import Whom
from chalicelib.profile import Profile
from chalicelib.upstreams import AccountRef
from chalicelib.upstreams.errors import Missing, Unavailable

SECONDS = 9.0
"""For X; the e-mail finders get the rest of the 29 s that API Gateway waits."""


class ProfileLookup(Protocol):
    """Reads profiles of X. Both raise Unavailable when no provider answers."""

    def resolve(self, handles: Sequence[str], *, budget: float) -> Mapping[str, Profile]:
        """Profiles by lower-cased handle; missing handles are left out."""

    def refresh(self, ref: AccountRef, *, budget: float) -> Profile:
        """A profile by its id. Raises Missing."""


def find(whom: Whom, lookup: ProfileLookup) -> Profile:
    """The person, protected or not. Raises HandleNotFound, ProfileMissing, HandleLookupFailed."""
    try:
        if whom.x_handle is None:
            return lookup.refresh(AccountRef(whom.x_profile_id, ""), budget=SECONDS)
        handle = whom.x_handle.removeprefix("@")
        found = lookup.resolve([handle], budget=SECONDS).get(handle.lower())
    except Missing:
        raise ProfileMissing from None
    except Unavailable as fault:
        seconds = str(max(1, round(fault.retry_after or 30)))
        raise HandleLookupFailed(headers={"Retry-After": seconds}) from fault
    if found is None:
        raise HandleNotFound(f"There is no X account @{handle}.", handle=handle)
    return found
