"""Reads an export by user; a line that cannot be read is listed, and the rest goes on."""

from __future__ import annotations

import codecs
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from tools.import_v1.records import KINDS, Record, User

_R = TypeVar("_R", bound=Record)
_NAME = re.compile(r"\w{1,40}|\[key\]", flags=re.ASCII)


class NoExport(Exception):
    """What was named is no export; the message says why, in one sentence."""


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

    @property
    def lines(self) -> int:
        """How many of them belong to somebody."""
        return sum(len(found.records) for found in self.users.values())


def read(folder: Path) -> Export:
    """Read every file that is there. Raises NoExport without a folder or its `users.jsonl`.

    A file of JSON under another name, misspelt or packed, is listed: somebody meant it to come.
    """
    users: dict[int, Belongings] = defaultdict(Belongings)
    bad: list[str] = []
    for kind in KINDS:
        for record in _read_file(folder, kind, bad):
            users[record.user_id].records.append(record)
    for user_id in [user_id for user_id, found in users.items() if found.user is None]:
        lost = users.pop(user_id).records
        bad += [f"{record.where}: is of user {user_id}, who is not there" for record in lost]
    bad += [f"{name}: no file of an export has this name" for name in _misnamed(folder)]
    return Export(dict(sorted(users.items())), bad)


def _misnamed(folder: Path) -> list[str]:
    known = {f"{kind.file}.jsonl" for kind in KINDS}
    names = {file.name for file in folder.glob("*") if ".json" in file.name.lower()}
    return sorted(names - known)


def _read_file(folder: Path, kind: type[_R], bad: list[str]) -> Iterator[_R]:
    claimed: dict[object, int] = {}
    for number, line in enumerate(_lines(folder, kind), 1):
        if not line.strip():
            continue
        where = f"{kind.file}.jsonl:{number}"
        if len(line) > kind.longest:
            bad.append(f"{where}: is longer than {kind.longest // 1024} kB")
            continue
        try:
            record = kind.read(line, number)
        except ValidationError as error:
            bad.append(f"{where}: {_said(error)}")
            continue
        taken = next((claim for claim in record.claims() if claim in claimed), None)
        if taken:
            bad.append(f"{where}: {taken[0]} is that of line {claimed[taken]}")
            continue
        claimed.update(dict.fromkeys(record.claims(), number))
        yield record


def _lines(folder: Path, kind: type[Record]) -> Iterator[bytes]:
    file = folder / f"{kind.file}.jsonl"
    if kind is not User and not file.exists():
        return
    try:
        with file.open("rb") as content:
            # On b"\n" alone: a bio may hold any other character that ends a line elsewhere.
            for number, line in enumerate(content):
                yield line.removesuffix(b"\n").removeprefix(b"" if number else codecs.BOM_UTF8)
    except OSError as fault:
        raise NoExport(f"{file} cannot be read: {fault.strerror}") from None


def _said(error: ValidationError) -> str:
    # Not the value: it may be somebody's address or key.
    return "; ".join(
        f"{'.'.join(map(_named, fault['loc'])) or 'line'} {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )


def _named(part: int | str) -> str:
    """A step on the way to a field. The line may have put anything in a name's place."""
    return str(part) if _NAME.fullmatch(str(part)) else "?"
