"""What a message template may say, and when two names are the same. Pure."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

PLACEHOLDERS = ("firstName", "displayName", "handle", "bio", "followerCount")
_BRACES = re.compile(r"\{\{(.*?)\}\}", flags=re.DOTALL)


def unknown_placeholders(message: str) -> list[str]:
    """Every `{{...}}` of a message that stands for nothing, once each, in order."""
    found = dict.fromkeys(_BRACES.findall(message))
    return [f"{{{{{name}}}}}" for name in found if name not in PLACEHOLDERS]


def name_digest(name: str) -> str:
    """The same for names that differ in case or in how Unicode composes them only."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return sha256(folded.encode()).hexdigest()
