"""The short sentences that tell a customer why a profile matched, or why not."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.matching.gender import GenderVerdict
from chalicelib.matching.lexicon import Found
from chalicelib.matching.text import normalise, tokens
from chalicelib.profile import Profile

TIER_WORDS: Final = {
    "under_1k": "under 1,000 followers",
    "1k_to_10k": "1,000 to 10,000 followers",
    "10k_to_100k": "10,000 to 100,000 followers",
    "100k_to_1m": "100,000 to 1,000,000 followers",
    "over_1m": "over 1,000,000 followers",
}


def label_words(profile: Profile, found: Found) -> str:
    """The words that state a label: bio says “ingeniera civil” (Engineer)."""
    place, said = _said(profile, found.phrase)
    label = "" if normalise(said) == normalise(found.label) else f" ({found.label})"
    return f"{place} says “{said}”{label}"


def term_words(profile: Profile, term: str) -> str:
    """Where a word of the description was found."""
    place, said = _said(profile, term, rf"{re.escape(term)}(?:e?s)?|{re.escape(term[:-1])}ies")
    return f"{place} mentions “{said}”"


def opinion_words(profile: Profile, quote: str, reason: str) -> str:
    """What somebody else read out of a profile: bio says “at sea since 12” (model: a sailor)."""
    if not quote:
        return ""
    place, said = _said(profile, normalise(quote))
    return (
        f"{place} says “{said}” (model: {reason})" if reason else f"{place} says “{said}” (model)"
    )


def gender_words(gender: GenderVerdict) -> str:
    """What the gender was read from: name says “Ana” (female)."""
    return f"{gender.reason} ({gender.gender})"


def _said(profile: Profile, phrase: str, form: str | None = None) -> tuple[str, str]:
    """The part of the profile that holds a folded phrase, and the phrase as written there."""
    form = form or r"[\W_]+".join(map(re.escape, phrase.split()))
    for place, text in (
        ("bio", profile.bio),
        ("name", profile.name),
        ("location", profile.location),
    ):
        if text and (quoted := _quoted(text, phrase, form)):
            return place, quoted
    return "bio", phrase


def _quoted(text: str, phrase: str, form: str) -> str | None:
    """Whole words only: April says no PR. C.E.O. is quoted as ceo."""
    folded = normalise(text)
    found = re.search(rf"(?<!\w)(?:{form})(?!\w)", folded)
    if found and len(folded) == len(text):
        return text[found.start() : found.end()]
    is_said = found or f" {phrase} " in f" {' '.join(tokens(text))} "
    return phrase if is_said else None  # where folding moved letters, the folded words do
