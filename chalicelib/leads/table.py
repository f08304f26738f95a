"""Leads at rest: one row per stream, account and person.

The indexes are shelves (`indexes.py`): matched and not exported, exported, matched, everyone. At
the head of each stand the tallies of its streams, so that a page comes with its total, and with the
proof of who owns it, in one query.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    MapAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.update import Action

from chalicelib import clock, db
from chalicelib.errors import LeadNotFound
from chalicelib.leads import indexes


class ShelfItem(db.Table):
    """A row that stands on shelves: a lead, a tally or an echo."""

    class Meta(db.Meta):
        name = "leads"

    stream_id = db.IntegerAttribute(hash_key=True)
    person = UnicodeAttribute(range_key=True)
    """Account and X user id: what a lead is about, so that a repeated job meets its own row."""
    kind = DiscriminatorAttribute()
    user_id = db.IntegerAttribute()
    rank = UnicodeAttribute()
    stream_new = db.IntegerAttribute(null=True)
    stream_exported = db.IntegerAttribute(null=True)
    stream_matched = db.IntegerAttribute(null=True)
    user_new = db.IntegerAttribute(null=True)
    user_exported = db.IntegerAttribute(null=True)
    user_matched = db.IntegerAttribute(null=True)

    of_stream_new = indexes.shelf("stream-new", key="stream_new")
    of_stream_exported = indexes.shelf("stream-exported", key="stream_exported")
    of_stream_matched = indexes.shelf("stream-matched", key="stream_matched")
    of_stream_everyone = indexes.shelf("stream-everyone", key="stream_id")
    of_user_new = indexes.shelf("user-new", key="user_new")
    of_user_exported = indexes.shelf("user-exported", key="user_exported")
    of_user_matched = indexes.shelf("user-matched", key="user_matched")
    of_user_everyone = indexes.shelf("user-everyone", key="user_id")
    with_id = indexes.WithId()

    def stand(self, *, new: bool, exported: bool, matched: bool) -> list[Action]:
        """Set the keys of the shelves on which it belongs and clear the others: here, and as an
        update of the row at rest.
        """
        actions = []
        for name, belongs in (("new", new), ("exported", exported), ("matched", matched)):
            for owner, number in (("stream", self.stream_id), ("user", self.user_id)):
                key = number if belongs else None
                setattr(self, f"{owner}_{name}", key)
                actions.append(db.put(getattr(ShelfItem, f"{owner}_{name}"), key))
        return actions


class LeadItem(ShelfItem, discriminator="lead"):
    """A person whom a run of a stream judged, and what became of them."""

    lead_id = db.IntegerAttribute()
    account_id = db.IntegerAttribute()
    run_id = db.IntegerAttribute()
    """The run that found it: for a match the one that matched it, else the one that read it."""
    has_matched = BooleanAttribute(default=False)
    """Whether it ever matched: from then on `discovered_at` stands."""
    segment_id = db.IntegerAttribute(null=True)
    confidence = UnicodeAttribute(null=True)
    source = UnicodeAttribute()
    discovered_at = UTCDateTimeAttribute()
    exported_at = UTCDateTimeAttribute(null=True)
    moved_at = UTCDateTimeAttribute(null=True)
    """When it was discovered anew, to the microsecond; None while it stands where it stood."""
    profile = JSONAttribute()
    reasons = JSONAttribute(default=list)
    labels = JSONAttribute(default=dict)
    gender = UnicodeAttribute(default="unknown")
    follower_tier = UnicodeAttribute(null=True)
    verdicts: MapAttribute[str, Any] = MapAttribute(default=dict)
    """The user's feedback by segment id, each with the instant at which it was given."""
    enrichment = JSONAttribute(null=True)
    enriched_for = db.IntegerAttribute(null=True)
    """The run that last looked for contacts by itself."""

    @classmethod
    def with_public_id(cls, user_id: int, lead_id: int) -> LeadItem:
        """The user's lead, as much of it as the index of ids has; one that changed a moment ago
        may show there as it was. Raises LeadNotFound.
        """
        for row in cls.with_id.query(lead_id, limit=1):
            if isinstance(row, LeadItem) and row.user_id == user_id:
                return row
        raise LeadNotFound

    def discover(self, at: datetime) -> EchoItem | None:
        """Set when it was discovered, and with it its place in the order of every list.

        Returns what is to be written at the place that it leaves, before it leaves.
        """
        echo = None
        if self.rank is not None:
            self.moved_at = clock.now()
            echo = EchoItem(
                self.stream_id,
                echo_key(self.person),
                user_id=self.user_id,
                rank=self.rank,
                account_id=self.account_id,
                exported_at=self.exported_at,
                moved_at=self.moved_at,
                of=self.person,
            )
            echo.stand(new=False, exported=self.exported_at is not None, matched=False)
        self.discovered_at = at
        self.rank = rank(at, self.lead_id)
        return echo

    def place(self) -> list[Action]:
        """Put it on the shelves where it belongs as it is now; the update that does so at rest.

        Whoever sets its confidence or its export calls this.
        """
        is_matched, is_exported = self.confidence is not None, self.exported_at is not None
        return self.stand(
            new=is_matched and not is_exported, exported=is_exported, matched=is_matched
        )

    @property
    def feedback(self) -> Mapping[str, Any] | None:
        """The verdict that was given last."""
        given = self.verdicts.as_dict().values()
        return max(given, key=lambda verdict: str(verdict["at"]), default=None)

    def unmoved(self) -> Any:
        """The condition that the lead is where it was, and what it was, when it was read."""
        return (
            LeadItem.person.exists()
            & _still(LeadItem.exported_at, self.exported_at)
            & _still(LeadItem.confidence, self.confidence)
            & _still(LeadItem.segment_id, self.segment_id)
        )


def _still(attribute: Any, value: object) -> Any:
    return attribute.does_not_exist() if value is None else attribute == value


class EchoItem(ShelfItem, discriminator="echo"):
    """Where a person stood among the unmatched before matching for the first time.

    Whoever walked down the list at that moment has passed the new place and not met the person:
    they find the echo. It counts only when the lead tells the same `moved_at`.
    """

    account_id = db.IntegerAttribute()
    exported_at = UTCDateTimeAttribute(null=True)
    moved_at = UTCDateTimeAttribute()
    of = UnicodeAttribute()
    """The range key of the lead."""


class TallyItem(ShelfItem, discriminator="tally"):
    """How many leads a stream has: it stands at the head of every shelf of the stream."""

    counts: MapAttribute[str, int] = MapAttribute(default=dict)
    """By `account:segment:confidence:lifecycle`; every pair that the stream ever had is in it."""


TALLY = "tally"
"""The range key of a tally."""
TALLY_RANK = "~"
"""Sorts behind every digit, so tallies come first in a list that is read newest first."""


def person_key(account_id: int, x_user_id: str) -> str:
    """The range key of a lead."""
    return f"{account_id}#{x_user_id}"


def echo_key(person: str) -> str:
    """The range key of a lead's echo, where it left one."""
    return f"echo#{person}"


def key_of(lead_id: int) -> tuple[int, str]:
    """The stream and the person of a lead, whosever it is. Raises LeadNotFound."""
    for row in ShelfItem.with_id.query(lead_id, limit=1):
        return row.stream_id, row.person
    raise LeadNotFound


def rank(discovered_at: datetime, lead_id: int) -> str:
    """Sorts leads by `discoveredAt`, then by id; both padded so that text sorts as numbers."""
    return f"{int(discovered_at.timestamp()):012d}#{lead_id:016d}"
