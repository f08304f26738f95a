"""What a language model said before, kept for the next time that the same is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib import clock, db
from chalicelib.matching.opinion import Opinion

DAYS_KEPT: Final = 90


class OpinionItem(db.Table):
    """One opinion, found by the digest of all that it depends on; it holds no id of a person."""

    class Meta(db.Meta):
        name = "opinions"

    digest = UnicodeAttribute(hash_key=True)
    fit = UnicodeAttribute()
    labels = JSONAttribute(default=list)
    quote = UnicodeAttribute(default="")
    reason = UnicodeAttribute(default="")
    expires = db.IntegerAttribute()
    """Unix time; DynamoDB drops the row some time after it."""


def recall(digests: Iterable[str]) -> dict[str, Opinion]:
    """The opinions that are kept and have not expired; one round trip per 100."""
    now = clock.now().timestamp()
    return {
        row.digest: Opinion(row.fit, tuple(row.labels), row.quote, row.reason)  # type: ignore[arg-type]
        for row in OpinionItem.find_all(digests)
        if row.expires > now
    }


def keep(opinions: Mapping[str, Opinion]) -> None:
    """Keep opinions for 90 days; one round trip per 25."""
    expires = int(clock.now().timestamp()) + DAYS_KEPT * 86_400
    with OpinionItem.batch_write() as writer:
        for digest, opinion in opinions.items():
            writer.save(
                OpinionItem(
                    digest,
                    fit=opinion.fit,
                    labels=list(opinion.labels),
                    quote=opinion.quote,
                    reason=opinion.reason,
                    expires=expires,
                )
            )
