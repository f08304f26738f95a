"""One user's night: each part compares another system with the workspace and sets it right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib import telemetry
from chalicelib.accounts.table import AccountItem
from chalicelib.runs.steps.watch import watch_anew
from chalicelib.scheduling.schedules import Drift, Schedules
from chalicelib.streams.upkeep import follow_stream, times_of
from chalicelib.streams.workspace import Workspace
from chalicelib.telemetry import logger
from chalicelib.workspace import rows

Part = Callable[[int], object]
"""Takes a user id. May be repeated; does nothing for a user who is gone."""


class ReconcileFailed(Exception):
    """Some parts did not succeed; the others did."""


def reconcile(user_id: int, parts: Mapping[str, Part]) -> None:
    """Do every part, whatever becomes of the others. Raises ReconcileFailed at the end."""
    failed = []
    for name, part in parts.items():
        try:
            part(user_id)
        except Exception:
            logger.exception("not reconciled", extra={"part": name})
            failed.append(name)
    if failed:
        raise ReconcileFailed(", ".join(failed))


def watch_runs(user_id: int) -> None:
    """Set a watcher on every run that is open, in case its own was lost."""
    watch_anew(
        user_id,
        [
            int(run_id)
            for account in rows(user_id, "account", "account")
            if isinstance(account, AccountItem)
            for run_id in account.open_runs.as_dict().values()
        ],
    )


def mend_schedules(user_id: int, schedules: Schedules) -> Drift:
    """Give every stream of the user the schedules that it should have; what was not so."""
    streams = Workspace.read(user_id, first="stream").streams
    wanted = {stream_id: times_of(stream) for stream_id, stream in streams.items()}
    found = schedules.drift(user_id, wanted)
    for stream_id in found:
        follow_stream(user_id, stream_id, schedules)
    total = Drift(*map(sum, zip(*found.values(), strict=True))) if found else Drift()
    if found:
        telemetry.count("SchedulesDrifted", sum(total))
        logger.warning("schedules had drifted", extra={"user_id": user_id, **total._asdict()})
    return total
