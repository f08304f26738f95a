"""What is known of a person on X: the one value that every part of a run hands on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A public X profile as one provider answered it at `as_of`.

    None means "not known", which is never the same as zero or false: providers leave fields out.
    """

    id: str
    """X user id, a string of digits."""
    handle: str
    """X's own spelling, without @."""
    name: str | None = None
    bio: str | None = None
    location: str | None = None
    url: str | None = None
    image_url: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    listed: int | None = None
    likes: int | None = None
    """Posts that this person liked."""
    created_at: datetime | None = None
    verified: bool | None = None
    protected: bool | None = None
    default_image: bool | None = None
    """Still shows X's own egg or silhouette."""
    as_of: datetime | None = None
    """When it was read; account age counts to this moment, not to today."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, unknown fields left out; `from_dict` reads it back."""
        return {
            key: int(value.timestamp()) if isinstance(value, datetime) else value
            for key, value in asdict(self).items()
            if value is not None
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Profile:
        """Read what `to_dict` wrote. Keys that this version does not know are passed over."""
        known = {key: stored[key] for key in _NAMES & stored.keys()}
        for key in ("created_at", "as_of"):
            if key in known:
                known[key] = datetime.fromtimestamp(known[key], UTC)
        return cls(**known)


_NAMES = frozenset(field.name for field in fields(Profile))
