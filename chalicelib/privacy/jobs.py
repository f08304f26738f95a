"""What takes longer than a request, as messages of the upkeep queue. Each may be repeated."""

from __future__ import annotations

from typing import ClassVar, Literal

from chalicelib.queues import Job

SWEEP_AGAIN_SECONDS = 600
"""After so long nothing that was under way when something was erased is under way any more."""


class ErasePerson(Job):
    """Remove all that a user's workspace holds of a person on X."""

    queue: ClassVar[str] = "upkeep"
    kind: Literal["erase_person"] = "erase_person"
    user_id: int
    x_user_id: str
    is_second: bool = False
    """The second sweep finds what a run wrote while the first one went on."""


class EraseUser(Job):
    """Remove a user with everything that belongs to the user."""

    queue: ClassVar[str] = "upkeep"
    kind: Literal["erase_user"] = "erase_user"
    user_id: int
    stream_ids: tuple[int, ...] = ()
    account_ids: tuple[int, ...] = ()
    subscription_ids: tuple[int, ...] = ()
    """What the second sweep goes by, when the workspace itself is gone."""
    is_second: bool = False


class ExportUser(Job):
    """Write the next part of a user's export."""

    queue: ClassVar[str] = "upkeep"
    kind: Literal["export_user"] = "export_user"
    user_id: int
    export_id: int
    part: int = 0
