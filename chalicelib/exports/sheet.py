"""Leads as a sheet: the same columns whatever the file is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from chalicelib import clock
from chalicelib.leads.table import LeadItem
from chalicelib.profile import Profile

Cell = str | int | None

COLUMNS: Final = (
    "id",
    "streamId",
    "streamName",
    "runId",
    "accountHandle",
    "segmentId",
    "matchConfidence",
    "sourceType",
    "discoveredAt",
    "exportedAt",
    "xUserId",
    "handle",
    "displayName",
    "bio",
    "followerCount",
    "followerCountTier",
    "gender",
    "labels",
    "reasons",
    "linkedinUrl",
    "email",
    "emailStatus",
    "profileImageUrl",
)
_BETWEEN = "; "
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet program may take a cell for that begins with it."""


def row_of(lead: LeadItem, *, stream_name: str, handles: Mapping[int, str]) -> list[Cell]:
    """A lead as a row, cell for cell of `COLUMNS`. `handles` are those of accounts by id.

    Ids are text, also where answers have numbers: a spreadsheet keeps 15 digits of a number.
    """
    profile = Profile.from_dict(lead.profile)
    contact = lead.enrichment or {}
    cells: Sequence[Cell] = (
        str(lead.lead_id),
        str(lead.stream_id),
        stream_name,
        str(lead.run_id),
        handles.get(lead.account_id),
        str(lead.segment_id) if lead.segment_id is not None else None,
        lead.confidence,
        lead.source,
        clock.iso(lead.discovered_at),
        clock.iso(lead.exported_at) if lead.exported_at else None,
        profile.id,
        profile.handle,
        profile.name,
        profile.bio,
        profile.followers,
        lead.follower_tier,
        lead.gender,
        _BETWEEN.join(label for labels in lead.labels.values() for label in labels),
        _BETWEEN.join(lead.reasons),
        contact.get("linkedinUrl"),
        contact.get("email"),
        contact.get("emailStatus"),
        profile.image_url,
    )
    return [harmless(cell) for cell in cells]


def harmless(cell: Cell) -> Cell:
    """The cell, with an apostrophe before text that a spreadsheet might run as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
