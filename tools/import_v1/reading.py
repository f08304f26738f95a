"""Reads an export by user; a line that cannot be read is listed, and the rest goes on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from tools.import_v1.records import KINDS, Record, User

_R = TypeVar("_R", bound=Record)


@dataclass
class Belongings:
    """Everything of one user."""

    records: list[Record] = field(default_factory=list)

    def of(self, kind: type[_R]) -> list[_R]:
        """The records of a kind, in the order of the file."""
        return [record for record in self.records if isinstance(record, kind)]

    @property
    def user(self) -> User | None:
        """The user's own line, if it could be read."""
        return next(iter(self.of(User)), None)


@dataclass
class Export:
    """An export, as far as it can be read."""

    users: dict[int, Belongings]
    bad_lines: list[str]


def read(folder: Path) -> Export:
    """Read every file that is there. Raises FileNotFoundError without `users.jsonl`."""
    users: dict[int, Belongings] = defaultdict(Belongings)
    bad: list[str] = []
    for kind in KINDS:
        file = folder / f"{kind.file}.jsonl"
        if not file.exists() and kind is not User:
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if not line.strip():
                continue
            try:
                record = kind.model_validate_json(line)
            except ValidationError as error:
                bad.append(f"{file.name}:{number}: {_said(error)}")
            else:
                users[record.user_id].records.append(record)
    for user_id in [user_id for user_id, found in users.items() if found.user is None]:
        lost = users.pop(user_id)
        bad.append(f"users.jsonl: no user {user_id}, whose {len(lost.records)} lines are left out")
    return Export(dict(sorted(users.items())), bad)


def _said(error: ValidationError) -> str:
    # Not the value: it may be somebody's address or key.
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'line'} {fault['msg']}" for fault in error.errors()
    )
