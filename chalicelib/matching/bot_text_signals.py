"""What the words of a profile say of a bot: declared automation, makers, spam, random handles."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.matching.bot_signals import Signal
from chalicelib.matching.phrases import find_phrases
from chalicelib.matching.text import BREAK, normalise, tokens
from chalicelib.profile import Profile

# Signal, weight, and what is added where it is said more than once.
_SAYS: Final = {
    "declared": ("declared_automation", 3.5, 0.5),
    "machine": ("machine_wording", 1.5, 0.5),
    "spam": ("spam_wording", 1.5, 0.5),
    "credit": ("credited_maker", 1.5, 0.0),
}

# "by @somebody" names whoever made the bot, unless it is the author of a picture and the like.
_MAKING: Final = "bot made created built coded project run maintained curated written generated"
_MADE: Final = frozenset(_MAKING.split())
_OTHER_CREDITS: Final = (
    "photo photos pic pics picture header icon avi avatar banner background pfp repped represented"
    " managed signed hosted trained loved inspired owned married followed music produced"
)
_NOT_MADE: Final = frozenset(_OTHER_CREDITS.split())
_BOT_NAME: Final = re.compile(
    r"(?<!ro)(?<!tal)(?<!ab)(?<!ca)bot(?:\d*$|(?=[_ ]))|_ebooks$|_exe$|papers\b|\brss\b"
)
_ONLY_LINK: Final = re.compile(r"\W*https?://\S+\W*")
_CENSUS_PLACE: Final = re.compile(r"\b(?:village|town|city|CDP|borough), [A-Z]{2}, USA$")
_LATIN_WORD: Final = re.compile(r"[a-z]{3,}")


def text_signals(profile: Profile) -> list[Signal]:
    """Signals of the bio, the display name, the handle and the location."""
    signals: list[Signal] = []
    if profile.bio:
        _add_bio(signals, profile.bio)
    elif profile.bio == "" and profile.default_image:
        signals.append(Signal("bare_profile", 0.5, "has neither a bio nor a picture"))
    _add_names(signals, profile)
    place = profile.location
    if place and place.endswith(", USA") and _CENSUS_PLACE.search(place):
        evidence = f"location reads like a census table (“{place}”)"
        signals.append(Signal("census_location", 2.0, evidence))
    return signals


def _add_bio(signals: list[Signal], bio: str) -> None:
    read = tokens(bio)
    said: dict[str, list[str]] = {}
    for start, end, meaning in find_phrases(read, "bot"):
        said.setdefault(meaning, []).append(" ".join(read[start:end]))
    maker = _maker(read) if "by" in read else None
    if maker:
        signals.append(maker)
        said.pop("credit", None)
    if said:
        _add_said(signals, said)
    if "http" in bio and _ONLY_LINK.fullmatch(bio):
        signals.append(Signal("link_only_bio", 0.5, "bio is nothing but a link"))


def _add_said(signals: list[Signal], said: dict[str, list[str]]) -> None:
    if "neither" in said:
        said.pop("declared", None)
    for meaning, (name, weight, again) in _SAYS.items():
        words = said.get(meaning)
        if words:
            more = again if len(words) > 1 else 0.0
            signals.append(Signal(name, weight + more, f"bio says “{words[0]}”"))


def _maker(read: tuple[str, ...]) -> Signal | None:
    for at in range(len(read) - 1):
        mention = read[at + 1]
        if read[at] != "by" or mention[0] != "@" or len(mention) == 1:
            continue
        before = read[at - 1] if at else BREAK
        if before in _NOT_MADE:
            continue
        weight = 3.0 if before == BREAK or before in _MADE else 1.5
        return Signal("credited_maker", weight, f"bio says “by {mention}”")
    return None


def _add_names(signals: list[Signal], profile: Profile) -> None:
    handle = profile.handle.lower()
    shown = normalise(profile.name) if profile.name else ""
    if _named_as_bot(handle) or _named_as_bot(shown):
        signals.append(Signal("named_as_bot", 2.0, "name or handle calls it a bot or a feed"))
    if not handle[-2:].isdecimal():
        return
    # A handle of somebody else's: the person in the display name would have left a trace.
    if _is_unlike(shown, handle):
        evidence = f"handle @{profile.handle} has nothing of the name “{profile.name}”"
        signals.append(Signal("handle_unlike_name", 0.75, evidence))
    digits = len(handle) - len(handle.rstrip("0123456789"))
    if digits >= 4:
        signals.append(Signal("digits_in_handle", 0.25, f"handle ends in {digits} digits"))


def _named_as_bot(name: str) -> bool:
    likely = "bot" in name or "papers" in name or "rss" in name or "_e" in name
    return likely and _BOT_NAME.search(name) is not None


def _is_unlike(shown: str, handle: str) -> bool:
    words = _LATIN_WORD.findall(shown)
    return len(words) > 1 and not any(word[:3] in handle for word in words)
