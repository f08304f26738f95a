"""Checking what a language model answered before anybody believes it.

An answer counts for a profile that was asked about, once, in the asked form, and only with words of
that very profile to show for it: so one profile's text cannot speak for another.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chalicelib.judging.question import Shown
from chalicelib.matching.match import SegmentFilters
from chalicelib.matching.opinion import Opinion, OpinionFit
from chalicelib.matching.text import words
from chalicelib.upstreams import Row

LONGEST_QUOTE: Final = 80
LONGEST_REASON: Final = 100
_LINK: Final = re.compile(r"\S*(?:://|www\.|\.\w{2,}/)\S*|@\w+")


class _Answer(BaseModel):
    """One profile's answer as the schema has it."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: str
    fit: OpinionFit
    labels: Annotated[list[str], Field(max_length=50)]
    quote: str
    reason: str


def checked(
    content: Row, asked: Sequence[Shown], segment: SegmentFilters
) -> tuple[dict[str, Opinion], Counter[str]]:
    """Opinions by digest, and why the other profiles have none. Ids nobody gave are passed over.

    The faults are `missing`, `ambiguous` (answered twice), `malformed`, and `unfounded` (quoted
    words that the profile does not hold).
    """
    listed = content.get("answers")
    by_id: dict[str, list[Row]] = {each.id: [] for each in asked}
    for row in listed if isinstance(listed, list) else ():
        if isinstance(row, dict) and isinstance(name := row.get("id"), str) and name in by_id:
            by_id[name].append(row)
    found: dict[str, Opinion] = {}
    faults: Counter[str] = Counter()
    for each in asked:
        opinion = _opinion(by_id[each.id], each.texts, segment)
        if isinstance(opinion, Opinion):
            found[each.digest] = opinion
        else:
            faults[opinion] += 1
    return found, faults


def _opinion(
    answers: Sequence[Row], texts: Mapping[str, str], segment: SegmentFilters
) -> Opinion | str:
    if len(answers) != 1:
        return "ambiguous" if answers else "missing"
    try:
        answer = _Answer.model_validate(answers[0])
    except ValidationError:
        return "malformed"
    known = {label for listed in segment.labels.values() for label in listed}
    labels = tuple(label for label in dict.fromkeys(answer.labels) if label in known)
    if answer.fit == "unclear" and not labels:
        return Opinion("unclear")
    if not _says(texts, answer.quote):
        return "unfounded"
    quote = _shortened(answer.quote, LONGEST_QUOTE, "")
    reason = _shortened(_LINK.sub("", answer.reason), LONGEST_REASON, "…")
    return Opinion(answer.fit, labels, quote, reason)


def _says(texts: Mapping[str, str], quote: str) -> bool:
    """Whether the profile holds these words in a row; case, accents and marks do not matter."""
    sought = " ".join(words(quote))
    return bool(sought) and any(
        f" {sought} " in f" {' '.join(words(text))} " for text in texts.values()
    )


def _shortened(text: str, longest: int, end: str) -> str:
    """Printable text in one line, cut after a word."""
    printable = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    line = " ".join(printable.split())
    if len(line) <= longest:
        return line
    return line[: longest + 1].rpartition(" ")[0][:longest].rstrip(" ,;:.") + end
