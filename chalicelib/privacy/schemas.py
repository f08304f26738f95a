"""Privacy on the wire."""

from __future__ import annotations

from typing import Literal

from chalicelib.http.schema import Id, Output, Time


class LeadErased(Output):
    """The lead is gone; what else is known of the person follows within minutes."""

    erased: bool
    lead_id: Id


class UserErased(Output):
    """Keys and sessions are refused; everything else follows within minutes."""

    deleting: bool


class ExportFile(Output):
    """A part of an export: JSON lines, gzipped. The link works for 15 minutes."""

    name: str
    url: str


class Export(Output):
    """The export that was asked for last; `none` before the first, and once its files are gone."""

    status: Literal["none", "pending", "ready"]
    requested_at: Time | None
    ready_at: Time | None
    expires_at: Time | None
    """When the files go."""
    files: list[ExportFile]
