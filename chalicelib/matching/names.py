"""First names and what they say of gender: the look-up behind data/names.tsv."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple, cast

from chalicelib.matching.phrases import DATA

Gender = Literal["female", "male"]
Use = Literal["common", "family", "rare", "word", "unisex", "place"]


class GivenName(NamedTuple):
    """What is known of a first name; the four uses are explained in data/NAMES.md."""

    gender: Gender | None
    """None: borne by women and men, or no name at all (`place`)."""
    sure: bool
    """At least 95 of 100 bearers share the gender."""
    use: Use


@cache
def known_names() -> dict[str, GivenName]:
    """{lower-case name without accents: what it says}, read at first use."""
    names: dict[str, GivenName] = {}
    for line in (DATA / "names.tsv").read_text(encoding="ascii").splitlines():
        bucket, _, listed = line.partition("\t")
        names.update(dict.fromkeys(listed.split(), _parse(bucket)))
    return names


def _parse(bucket: str) -> GivenName:
    if bucket in ("unisex", "place"):
        return GivenName(None, False, cast(Use, bucket))
    gender, surety, use = bucket.split()
    return GivenName(cast(Gender, gender), surety == "sure", cast(Use, use))
