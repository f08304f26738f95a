"""How often a user is mailed what streams found: the stream's own wish, else the team's."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.auth.users import UserItem
from chalicelib.scheduling.digests import DigestSchedules, Rhythm
from chalicelib.streams.table import StreamItem
from chalicelib.streams.workspace import Workspace


def digest_of(stream: StreamItem, user: UserItem) -> str:
    """`after_every_sync`, `daily`, `weekly` or `off`."""
    return str(stream.email_digest_override or user.email_digest)


def rhythm_of(streams: Iterable[StreamItem], user: UserItem) -> Rhythm | None:
    """The rhythm that serves all streams; on Mondays a daily one takes the weekly ones along."""
    wanted = {digest_of(stream, user) for stream in streams if not stream.is_archived}
    if "daily" in wanted:
        return "daily"
    return "weekly" if "weekly" in wanted else None


def follow_digest(user_id: int, schedules: DigestSchedules) -> None:
    """Give the user the schedule that the digests need. May be repeated. Two round trips."""
    workspace = Workspace.read(user_id, first="self")
    if workspace.user is None:
        schedules.remove(user_id)
        return
    rhythm = rhythm_of(workspace.streams.values(), workspace.user)
    schedules.keep(user_id, rhythm, workspace.user.timezone)
