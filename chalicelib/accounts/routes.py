"""/accounts: the X accounts that a user tracks."""

from __future__ import annotations

from chalicelib.accounts.schemas import AccountList, shown
from chalicelib.auth.caller import Caller
from chalicelib.http.router import Router
from chalicelib.streams.workspace import Workspace

router = Router()


@router.get("/accounts")
def list_accounts(caller: Caller) -> AccountList:
    """List tracked accounts, awake and sleeping, newest first."""
    found = Workspace.read(caller.user_id)
    segments = found.assigned_segments()
    accounts = [item for _, item in sorted(found.accounts.items(), reverse=True)]
    return AccountList(
        active=[shown(item, segments[item.account_id]) for item in accounts if item.is_awake],
        sleeping=[shown(item, segments[item.account_id]) for item in accounts if not item.is_awake],
    )
