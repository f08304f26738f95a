"""LinkedIn pages of people in the one spelling that we answer and compare."""

from __future__ import annotations

import re
from urllib.parse import unquote

_PAGE = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:[a-z]{2,3}\.|www\.)?linkedin\.com/(?:in|pub)/([^\s/?#|,;<>\"'()\[\]]+)",
    re.IGNORECASE,
)
_SLUG = re.compile(r"[\w-]{3,100}")
"""LinkedIn's own bounds for a public profile name."""


def page_in(text: object) -> str | None:
    """The first person's page that `text` names, as `https://linkedin.com/in/name`."""
    found = _PAGE.search(text) if isinstance(text, str) else None
    slug = unquote(found[1]).rstrip(".!") if found else ""
    return f"https://linkedin.com/in/{slug.lower()}" if _SLUG.fullmatch(slug) else None


def slug_of(url: str) -> str:
    """The public profile name of a page in our spelling."""
    return url.rpartition("/")[2]
