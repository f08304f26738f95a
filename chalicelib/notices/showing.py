"""Leads in a letter: the likeliest first, a few of many."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence

from chalicelib.leads.table import LeadItem
from chalicelib.notices.blocks import Block, Paragraph, Person
from chalicelib.profile import Profile


class Shown:
    """Counts leads and keeps the best few of them, however many come."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()
        self._best: list[tuple[tuple[bool, int, int], LeadItem]] = []

    @classmethod
    def of(cls, leads: Iterable[LeadItem], most: int) -> Shown:
        """All of these."""
        shown = cls(most)
        for lead in leads:
            shown.add(lead)
        return shown

    def add(self, lead: LeadItem) -> None:
        """Count one more."""
        self._counts[str(lead.confidence)] += 1
        followers = int(lead.profile.get("followers") or 0)
        ranked = ((lead.confidence == "high", followers, lead.lead_id), lead)
        if len(self._best) < self._most:
            heapq.heappush(self._best, ranked)
        else:
            heapq.heappushpop(self._best, ranked)

    @property
    def total(self) -> int:
        return self._counts.total()

    @property
    def summary(self) -> str:
        """Such as `9 high fit, 3 medium fit`."""
        kinds = ("high", "medium")
        return ", ".join(f"{self._counts[kind]} {kind} fit" for kind in kinds if self._counts[kind])

    def best(self) -> list[LeadItem]:
        """The best, the very best first."""
        return [lead for _, lead in sorted(self._best, key=lambda each: each[0], reverse=True)]

    def blocks(self) -> Sequence[Block]:
        """The best as parts of a letter, and how many more there are."""
        people: list[Block] = [person(lead) for lead in self.best()]
        left = self.total - len(people)
        return [*people, Paragraph(f"And {left} more.")] if left else people


def count_of(number: int, one: str = "new lead", many: str = "new leads") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def person(lead: LeadItem) -> Person:
    """A lead as a part of a letter."""
    profile = Profile.from_dict(lead.profile)
    contact = lead.enrichment or {}
    ways = [str(contact[way]) for way in ("email", "linkedinUrl") if contact.get(way)]
    return Person(
        name=profile.name or f"@{profile.handle}",
        handle=profile.handle,
        followers=profile.followers,
        bio=" ".join((profile.bio or "").split()),
        is_high=lead.confidence == "high",
        reasons=lead.reasons[:3],
        contact=" · ".join(ways),
    )
