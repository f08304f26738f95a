"""Where profiles come from: the values every provider hands back, and X's own formats read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.profile import Profile

Row = dict[str, Any]
"""One object of a vendor's JSON, as it came."""

_HANDLE = re.compile(r"[A-Za-z0-9_]{1,20}")
"""X allows 15 today; some accounts of its first years are longer."""
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_ID = re.compile(r"[0-9]{1,20}")
"""X's ids are numbers of 64 bits."""
LONGEST_TEXT = 1000
"""Characters; X allows a bio 160, which links may lengthen. Fifty profiles are kept in one row."""


@dataclass(frozen=True, slots=True)
class AccountRef:
    """A tracked X account: the id stays, the handle may change."""

    id: str
    handle: str


@dataclass(slots=True)
class Usage:
    """What an operation took from upstream, failed tries included; one caller's, never shared."""

    calls: int = 0
    rows: int = 0
    malformed: int = 0
    """Rows dropped because they could not be read; counted in `rows` too."""
    credits_used: int = 0


@dataclass(frozen=True, slots=True)
class Errand:
    """One operation under way: the instant by which it must be over, and what it used so far."""

    until: datetime
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some profiles of a list, newest first, and where the list goes on.

    A page may be empty and still have a cursor: the provider has not got the rows yet, ask again.
    """

    profiles: tuple[Profile, ...]
    cursor: str | None
    """Hand it back for the next page; None is the end of the list."""
    usage: Usage
    provider: str
    restarted: bool = False
    """Another provider took over from its own beginning, so rows may come a second time."""
    is_cut: bool = False
    """The list ended where as many were listed as were asked for: it may go on on X."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post on X, as far as choosing whose likers to read needs it."""

    id: str
    created_at: datetime | None
    likes: int | None


def askable_handles(handles: Iterable[str]) -> list[str]:
    """The handles X could have given out, lower case, without @, each once and in order."""
    wanted = (handle.strip().removeprefix("@").lower() for handle in handles)
    return list(dict.fromkeys(handle for handle in wanted if _HANDLE.fullmatch(handle)))


def askable_ids(ids: Iterable[str]) -> list[str]:
    """The ids that are X ids, each once and in order."""
    return list(dict.fromkeys(id for id in ids if id.isascii() and id.isdigit()))


def chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """`items` in order, at most `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def read_rows(
    rows: Iterable[object], read: Callable[[Row], Profile | None], usage: Usage
) -> tuple[Profile, ...]:
    """The profiles that `read` makes of `rows`. One that it cannot read is dropped and counted."""
    profiles = []
    for row in rows:
        usage.rows += 1
        profile = read(row) if isinstance(row, dict) else None
        if profile is None:
            usage.malformed += 1
        else:
            profiles.append(profile)
    return tuple(profiles)


def as_row(value: object) -> Row:
    """A nested object, empty when the vendor left it out."""
    return value if isinstance(value, dict) else {}


def as_id(value: object) -> str | None:
    """An id as a string of digits. Floats are refused: ids outgrow their 53 exact bits."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and _ID.fullmatch(text) else None


def as_text(value: object) -> str | None:
    """A text; the empty one stays, since "says nothing" is not "not known".

    Half an emoji, which a vendor's cut leaves and which nothing can store, becomes U+FFFD. A text
    longer than any of X is cut.
    """
    return _HALF_PAIR.sub("\ufffd", value[:LONGEST_TEXT]) if isinstance(value, str) else None


def as_url(value: object) -> str | None:
    """An address as a text. One too long to keep is not known: cut, it would lead astray."""
    return None if isinstance(value, str) and len(value) > LONGEST_TEXT else as_text(value)


def as_flag(value: object) -> bool | None:
    """A boolean, and nothing that merely looks like one."""
    return value if isinstance(value, bool) else None


def as_count(value: object) -> int | None:
    """A count of zero or more, written as a number or as its digits (at most 18 of them)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():  # JSON writers of other languages
        value = int(value)
    if isinstance(value, str) and len(value) <= 18 and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < 10**18 else None


def as_time(value: object) -> datetime | None:
    """An instant in UTC, from ISO 8601 (UTC where no offset is given) or X's own format."""
    if not isinstance(value, str):
        return None
    for read in (datetime.fromisoformat, _read_x_time):
        try:
            instant = read(value)
            aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            return aware.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _read_x_time(value: str) -> datetime:
    """`Tue Jun 02 20:12:29 +0000 2009`, as X itself writes time."""
    return datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y")
