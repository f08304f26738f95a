"""The words and the links of a web page, in time that grows with its length and no faster.

A page is whatever its owner likes: the standard library's HTML parser takes more than a minute for
64 KB of tags that never end. This reads what a person would see and follow, and never looks twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

_UNSEEN = re.compile(r"<(!--|script\b|style\b)", re.IGNORECASE)
_ENDS = {
    "!--": re.compile("-->"),
    "script": re.compile(r"</script[^<>]*>?", re.IGNORECASE),
    "style": re.compile(r"</style[^<>]*>?", re.IGNORECASE),
}
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on a page."""

    words: list[str]
    """Its text, cut where tags are."""
    links: list[str]


def read(html: str) -> Page:
    """Read a page, or as much of one as there is."""
    seen = "".join(_seen(html))
    words = [unescape(each) for each in _TAG.split(seen)]
    links = [
        unescape(next(filter(None, found.groups()), ""))
        for tag in _TAG.findall(seen)
        for found in _LINK.finditer(tag)
    ]
    return Page([each for each in words if each.strip()], [each for each in links if each])


def _seen(html: str) -> Iterator[str]:
    """The page without comments, scripts and styles; one that does not end hides the rest."""
    at = 0
    while hidden := _UNSEEN.search(html, at):
        yield f"{html[at : hidden.start()]}<>"  # the words on either side stay apart
        end = _ENDS[hidden[1].lower()].search(html, hidden.end())
        if end is None:
            return
        at = end.end()
    yield html[at:]
