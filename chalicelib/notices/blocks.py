"""What a letter is made of: the same blocks become HTML and plain text.

No picture and no font is fetched from anywhere: opening a letter tells nobody that it was opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

INK, SOFT, LINE, GROUND = "#16181d", "#5b6270", "#e5e7ec", "#f4f5f7"
ACCENT, GOOD, GOOD_GROUND, FAIR, FAIR_GROUND = "#2f5bd8", "#146c43", "#e3f4ea", "#7a5200", "#fdf1d6"


class Block(Protocol):
    """A part of a letter."""

    def html(self) -> str:
        """The part as HTML, styled inline: mail programs drop style sheets."""

    def text(self) -> str:
        """The part as plain text."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of what follows, with a word beside it."""

    title: str
    beside: str = ""

    def html(self) -> str:
        beside = (
            f'<div style="margin:0 0 10px;font-size:13px;line-height:1.5;color:{SOFT}">'
            f"{escape(self.beside)}</div>"
        )
        return (
            f'<h2 style="margin:28px 0 2px;font-size:17px;line-height:1.35;color:{INK}">'
            f"{escape(self.title)}</h2>{beside if self.beside else ''}"
        )

    def text(self) -> str:
        title = f"{self.title} ({self.beside})" if self.beside else self.title
        return f"\n{title}\n{'-' * min(len(title), 60)}"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two."""

    words: str

    def html(self) -> str:
        style = f"margin:12px 0;font-size:15px;line-height:1.55;color:{INK}"
        return f'<p style="{style}">{escape(self.words)}</p>'

    def text(self) -> str:
        return f"\n{self.words}"


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing to do next."""

    label: str
    url: str

    def html(self) -> str:
        style = (
            f"display:inline-block;padding:11px 20px;border-radius:8px;background:{ACCENT};"
            "color:#ffffff;font-size:15px;font-weight:600;text-decoration:none"
        )
        link = f'<a href="{escape(self.url)}" style="{style}">{escape(self.label)}</a>'
        return f'<p style="margin:24px 0 4px">{link}</p>'

    def text(self) -> str:
        return f"\n{self.label}: {self.url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A lead: who it is and why it matched."""

    name: str
    handle: str
    followers: int | None
    bio: str
    is_high: bool
    reasons: Sequence[str]
    contact: str = ""

    @property
    def url(self) -> str:
        return f"https://x.com/{self.handle}"

    def html(self) -> str:
        color, ground = (GOOD, GOOD_GROUND) if self.is_high else (FAIR, FAIR_GROUND)
        badge = (
            f'<span style="display:inline-block;padding:1px 8px;border-radius:10px;font-size:12px;'
            f'line-height:18px;background:{ground};color:{color}">{self._fit}</span>'
        )
        link = (
            f'<a href="{escape(self.url)}" style="color:{INK};font-weight:600;'
            f'text-decoration:none">{escape(self.name)}</a>'
        )
        soft = f"font-size:13px;line-height:1.5;color:{SOFT}"
        parts = [
            f'<div style="font-size:15px;line-height:1.5">{link} {badge}</div>',
            f'<div style="{soft}">{self._linked}</div>',
        ]
        if self.bio:
            parts.append(
                f'<div style="margin-top:4px;font-size:14px;line-height:1.5;color:{INK}">'
                f"{escape(self.bio)}</div>"
            )
        if self.reasons:
            why = escape("; ".join(self.reasons))
            parts.append(f'<div style="margin-top:4px;{soft}">Why: {why}</div>')
        if self.contact:
            parts.append(f'<div style="margin-top:4px;{soft}">{escape(self.contact)}</div>')
        style = f"padding:14px 0;border-top:1px solid {LINE};overflow-wrap:anywhere"
        return f'<div style="{style}">{"".join(parts)}</div>'

    def text(self) -> str:
        lines = [f"\n{self.name} - {self._fit}", f"  {self._known_as}", f"  {self.url}"]
        lines += [f"  {self.bio}"] if self.bio else []
        lines += [f"  Why: {'; '.join(self.reasons)}"] if self.reasons else []
        lines += [f"  {self.contact}"] if self.contact else []
        return "\n".join(lines)

    @property
    def _fit(self) -> str:
        return "high fit" if self.is_high else "medium fit"

    @property
    def _linked(self) -> str:
        handle, _, rest = escape(self._known_as).partition(" ")
        style = f"color:{ACCENT};text-decoration:none"
        return f'<a href="{escape(self.url)}" style="{style}">{handle}</a> {rest}'.rstrip()

    @property
    def _known_as(self) -> str:
        known = f"@{self.handle}"
        if self.followers is None:
            return known
        return f"{known} · {short(self.followers)} follower{'s' * (self.followers != 1)}"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one a line."""

    rows: Sequence[tuple[str, str]]

    def html(self) -> str:
        cells = "".join(
            f'<div style="padding:8px 0;border-top:1px solid {LINE};font-size:14px;'
            f'line-height:1.5;overflow-wrap:anywhere"><span style="color:{SOFT}">{escape(name)}'
            f'</span><br><span style="color:{INK}">{escape(value)}</span></div>'
            for name, value in self.rows
        )
        return f'<div style="margin:12px 0">{cells}</div>'

    def text(self) -> str:
        return "\n" + "\n".join(f"{name}: {value}" for name, value in self.rows)


def short(number: int) -> str:
    """A number as people say it: 940, 12.4k, 3M."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + unit
    return str(number)
