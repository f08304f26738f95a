"""Privacy: erasing people who were found, exporting and deleting a user."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from chalicelib import clock, errors, wiring
from chalicelib.auth.caller import Caller
from chalicelib.http.router import PathId, Router
from chalicelib.privacy import exporting, people, users
from chalicelib.privacy.schemas import Export, ExportFile, LeadErased, UserErased
from chalicelib.privacy.table import READY, ExportItem

router = Router()
_KEPT = timedelta(days=7)
"""How long files can be counted on; their bucket keeps them a day longer."""


@router.delete("/leads/{lead_id}", status=202, errors=[errors.LeadNotFound])
def erase_lead(caller: Caller, lead_id: Annotated[int, PathId(errors.LeadNotFound)]) -> LeadErased:
    """Erase the person behind a lead from everything that is yours; runs find them no more."""
    people.erase_lead(caller.user_id, lead_id)
    return LeadErased(erased=True, lead_id=lead_id)


@router.post("/me/export", status=202)
def request_export(caller: Caller) -> Export:
    """Have everything that is yours written to files; ask GET /me/export how far it is."""
    return _shown(exporting.request(caller.user_id))


@router.get("/me/export")
def get_export(caller: Caller) -> Export:
    """Show the export that was asked for last, with links to its files once it is ready."""
    return _shown(exporting.newest(caller.user_id))


@router.delete("/me", status=202)
def delete_me(caller: Caller) -> UserErased:
    """Delete your account with everything in it: keys are refused at once, nothing is billed."""
    users.request(caller.user_id)
    return UserErased(deleting=True)


def _shown(export: ExportItem | None) -> Export:
    if export is None or _is_past(export):
        return Export(status="none", requested_at=None, ready_at=None, expires_at=None, files=[])
    is_ready = export.status == READY
    return Export(
        status="ready" if is_ready else "pending",
        requested_at=export.requested_at,
        ready_at=export.ready_at,
        expires_at=export.ready_at + _KEPT if export.ready_at else None,
        files=[
            ExportFile(name=exporting.name_of(key), url=wiring.storage().link(key))
            for key in (export.files if is_ready else ())
        ],
    )


def _is_past(export: ExportItem) -> bool:
    """Whether its files may be gone: from the second on that `expiresAt` shows."""
    ready = export.ready_at
    return ready is not None and ready.replace(microsecond=0) + _KEPT <= clock.now()
