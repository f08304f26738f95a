"""Bios as comparable words: one folding and one tokenising for every rule of the judgement."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

BREAK = "|"
"""Stands for everything that ends a clause: commas, stops, slashes, brackets, links, line ends."""

_ENDS_CLAUSE = ',.;:!?/|()[]{}<>"*~=\\^\n\r\v\f'
_ENDS_WORD = "-#$%+`\t"
# On UTF-8 bytes: five times as fast as on text, and bytes beyond ASCII stay as they are.
_SPACED = bytes.maketrans(
    (_ENDS_CLAUSE + _ENDS_WORD).encode(),
    (BREAK * len(_ENDS_CLAUSE) + " " * len(_ENDS_WORD)).encode(),
)
_PLAIN = str.maketrans("’‘´ʼ–—−", "''''---")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
# The same word with or without: accents, joiners, emoji presentation and skin tone.
_INVISIBLE = re.compile(
    "[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]"
)
_LINK = re.compile(r"(?:https?:|www\.)\S+")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@\w[\w-]*\.\w[\w.]*")
# The dot of Ph.D, C.E.O or RR.PP: between parts of one or two letters.
_DOT_OF_INITIALS = re.compile(
    r"\.(?=[^\W\d_]{1,2}\b)(?:(?<=\b[^\W\d_]\.)|(?<=\b[^\W\d_][^\W\d_]\.))"
)
_QUOTE_MARK = re.compile(r"'(?![a-z]{1,2}\b)|\B'")


def normalise(text: str) -> str:
    """Fold case, width, accents and emoji variants away; ASCII text is only lower-cased.

    Compatibility forms become plain letters, so 𝗖𝗘𝗢 reads as ceo and Ingeniería as ingenieria;
    pictures stand apart, and punctuation beyond ASCII becomes a clause break.
    """
    if text.isascii():
        return text.lower()
    return _NOT_ASCII.sub(_folded, text).lower()


@lru_cache(maxsize=256)
def tokens(text: str) -> tuple[str, ...]:
    """Words, emoji, @mentions, 's-like endings, & and `BREAK` between clauses, in order.

    Cached because kind, gender and labels each read the same bio.
    """
    line = normalise(text)
    if "." in line or ":" in line:
        line = _without_links(line)
    if "'" in line:
        line = _QUOTE_MARK.sub(" ", line).replace("'", " '")
    if "&" in line:
        line = line.replace("&amp;", "&").replace("&", " & ")
    if "-" in line:
        line = line.replace(" -", BREAK).replace("- ", BREAK)
    spaced = line.encode("utf-8", "ignore").translate(_SPACED).replace(b"|", b" | ")
    return tuple(spaced.decode().split())


def words(text: str) -> tuple[str, ...]:
    """Only the words and emoji of `text`: no mentions, no endings, no breaks."""
    return tuple([token for token in tokens(text) if token[0] not in "|'@&"])


def _without_links(line: str) -> str:
    if "http" in line or "www." in line:
        line = _LINK.sub(BREAK, line)
    if "@" in line and "." in line:
        line = _MAIL.sub(BREAK, line)
    return _DOT_OF_INITIALS.sub("", line)


def _folded(found: re.Match[str]) -> str:
    return _fold(found[0])


@lru_cache(maxsize=8192)
def _fold(run: str) -> str:
    """What stands for a run of characters beyond ASCII."""
    plain = unicodedata.normalize("NFKD", run.translate(_PLAIN)).casefold()
    return _FLAG.sub(r" \g<0> ", unicodedata.normalize("NFC", "".join(map(_letter, plain))))


def _letter(character: str) -> str:
    if character.isascii():
        return character
    if _INVISIBLE.match(character):
        return ""
    category = unicodedata.category(character)
    if category == "So":
        is_flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        return character if is_flag else f" {character} "
    return BREAK if category[0] in "PSC" else character
