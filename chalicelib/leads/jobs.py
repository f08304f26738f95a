"""What verdicts on leads put on the deliver queue."""

from __future__ import annotations

from typing import ClassVar, Literal

from chalicelib.queues import Job


class AnnounceFeedback(Job):
    """Tell whoever wants to know that a user judged a lead."""

    queue: ClassVar[str] = "deliver"
    kind: Literal["feedback"] = "feedback"
    user_id: int
    stream_id: int
    person: str
    """The lead's key within its stream."""
    segment_id: int
    given_at: str
    """The instant that the verdict carries; a later verdict for the segment carries another."""
    looked: int = 0
    """How often the verdict was looked for before it was there."""
