"""The refusals of EventBridge Scheduler that boto3 turns into exceptions of the same names."""

from __future__ import annotations

from typing import ClassVar


class Refused(Exception):
    """An answer other than success; the subclass' name is the error's name on the wire."""

    status: ClassVar[int] = 400


class ValidationException(Refused):
    """The request is not valid."""


class ResourceNotFoundException(Refused):
    """There is no such schedule, group or path."""

    status = 404


class ConflictException(Refused):
    """It exists already."""

    status = 409
