"""What a segment asks for, in canonical words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from chalicelib.errors import OrphanLabel
from chalicelib.matching.labels import (
    MOST_SUGGESTIONS,
    VOCABULARY,
    Category,
    canonical,
    suggestions,
)
from chalicelib.segments.schemas import SegmentCreate


@dataclass(frozen=True, slots=True, eq=False)
class Filters:
    """The content of a segment. Two segments of equal content within one request are one.

    Every list means "any of these", so its order makes no difference.
    """

    description: str
    name: str | None
    gender_values: tuple[str, ...]
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    """Category and its canonical labels, in the order of the vocabulary's categories."""
    follower_tiers: tuple[str, ...]

    @property
    def _content(self) -> tuple[object, ...]:
        labels = frozenset((category, frozenset(found)) for category, found in self.labels)
        lists = frozenset(self.gender_values), frozenset(self.follower_tiers)
        return self.description, self.name, labels, lists

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filters) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)


def read(segments: Iterable[SegmentCreate]) -> list[Filters]:
    """The segments with their labels made canonical and doubles folded.

    Raises one OrphanLabel that lists every label of all segments without a canonical match.
    """
    orphans: list[dict[str, object]] = []
    found = [_read(segment, orphans) for segment in segments]
    if orphans:
        raise OrphanLabel(orphans=orphans)
    return found


def _read(segment: SegmentCreate, orphans: list[dict[str, object]]) -> Filters:
    given = segment.applied_search_filters.model_dump()
    labels = {category: _canonical(category, given[category], orphans) for category in VOCABULARY}
    return Filters(
        description=segment.description,
        name=segment.name,
        gender_values=tuple(dict.fromkeys(segment.gender_values)),
        labels=tuple((category, found) for category, found in labels.items() if found),
        follower_tiers=tuple(dict.fromkeys(segment.follower_count_tiers)),
    )


def _canonical(
    category: Category, labels: Iterable[str], orphans: list[dict[str, object]]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for label in labels:
        spelling = canonical(category, label)
        if spelling is not None:
            found[spelling] = None
            continue
        orphan: Mapping[str, object] = {
            "category": category,
            "label": label,
            "suggestions": _closest(category, label),
        }
        if orphan not in orphans:
            orphans.append(dict(orphan))
    return tuple(found)


def _closest(category: Category, label: str) -> list[str]:
    """Labels that come close to one that nobody knows; the least unlike where none does."""
    by_key = {known.lower(): known for known in VOCABULARY[category]}
    alike = get_close_matches(label.lower(), by_key, MOST_SUGGESTIONS, cutoff=0)
    return suggestions(category, label) or [by_key[key] for key in alike]
