"""What a run found, as one message of Telegram's."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from chalicelib import clock
from chalicelib.leads.table import LeadItem
from chalicelib.notices.showing import Shown, count_of
from chalicelib.profile import Profile
from chalicelib.upstreams import Errand

MOST_SHOWN = 8
_BIO = 110
"""Characters of a bio; eight people stay far below Telegram's 4,096."""
_SECONDS = 20


def message(stream_name: str, handle: str, shown: Shown) -> str:
    """The message, in Telegram's HTML."""
    head = f"<b>{count_of(shown.total)}</b> in {escape(stream_name)}"
    lines = [head, escape(f"{shown.summary}, among the followers of @{handle}."), ""]
    lines += [_line(lead) for lead in shown.best()]
    left = shown.total - len(shown.best())
    return "\n".join([*lines, f"And {left} more."] if left else lines)


def _line(lead: LeadItem) -> str:
    profile = Profile.from_dict(lead.profile)
    link = f'<a href="https://x.com/{escape(profile.handle)}">{escape(_name(profile))}</a>'
    bio = " ".join((profile.bio or "").split())
    short = bio if len(bio) <= _BIO else bio[: _BIO - 1].rstrip() + "…"
    return f"• {link} {escape(short)}".rstrip()


def _name(profile: Profile) -> str:
    return (profile.name or "").strip()[:60] or f"@{profile.handle}"


def errand() -> Errand:
    """The time that telling may take."""
    return Errand(clock.now() + timedelta(seconds=_SECONDS))
