"""API keys as text: `ctgo_` and 40 characters, of which the last six are a checksum."""

from __future__ import annotations

import hmac
import re
import secrets
import string
from zlib import crc32

PREFIX = "ctgo_"
_ALPHABET = string.digits + string.ascii_letters
_RANDOM = 34
"""Random characters: 34 of 62 letters carry about 202 bits."""
_CHECKSUM = 6
"""Characters of CRC-32 in base 62; secret scanners tell a real key from a look-alike by it."""
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECKSUM}}}")


def make() -> str:
    """A fresh key, 45 characters. It is shown once and never stored."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{PREFIX}{body}{checksum(body)}"


def checksum(body: str) -> str:
    """The six characters that end a key made of these 34."""
    value, digits = crc32((PREFIX + body).encode()), []
    for _ in range(_CHECKSUM):
        value, digit = divmod(value, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def is_well_formed(key: str) -> bool:
    """Whether this has the form of a key.

    Keys from before v2 have no checksum, so none is asked.
    """
    return _FORM.fullmatch(key) is not None


def digest(key: str, pepper: str) -> str:
    """What is stored of a key: HMAC-SHA256 in hex under the server's pepper."""
    return hmac.digest(pepper.encode(), key.encode(), "sha256").hex()
