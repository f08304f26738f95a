"""A user's export: all that is theirs, as files of JSON lines, written part by part."""

from __future__ import annotations

import gzip
import json
import time
from itertools import islice
from typing import Any

from chalicelib import clock, db, ids, queues
from chalicelib.privacy.jobs import ExportUser
from chalicelib.privacy.sections import SECTIONS, plain, rows_of
from chalicelib.privacy.table import EXPORT, PENDING, READY, ExportItem
from chalicelib.storage import Storage

ROWS_A_PART = 5_000
_PAGE = 500
_SECONDS = 20.0
"""For reading one part; what is not read by then is the next part's."""


def request(user_id: int) -> ExportItem:
    """Begin an export, or return the one under way. Raises nothing; two at once begin one.

    The message goes first: without its row it does nothing, and with it it goes on by itself.
    """
    now = clock.now()
    export = ExportItem(user_id, EXPORT, export_id=ids.new_id(), requested_at=now)
    queues.send([ExportUser(user_id=user_id, export_id=export.export_id)], delay_seconds=5)
    try:
        with db.conditional():
            export.save(condition=ExportItem.key.does_not_exist() | (ExportItem.status == READY))
    except db.Conflict:
        return newest(user_id) or export
    return export


def newest(user_id: int) -> ExportItem | None:
    """The export that was asked for last, if any."""
    return ExportItem.find(user_id, EXPORT)


def forget(user_id: int, storage: Storage) -> None:
    """Remove the files and the row; an export under way ends."""
    ExportItem(user_id, EXPORT).delete()
    storage.remove_all(_folder(user_id))


def write_part(job: ExportUser, storage: Storage, *, most_rows: int = ROWS_A_PART) -> None:
    """Write a part and send for the next; a repeated message finds it written and sends again."""
    export = newest(job.user_id)
    if export is None or export.export_id != job.export_id or export.status != PENDING:
        return
    if export.part == job.part:
        _write(export, storage, most_rows)
    if export.status == PENDING:
        queues.send([job.model_copy(update={"part": export.part})])


def _write(export: ExportItem, storage: Storage, most_rows: int) -> None:
    section = SECTIONS[export.section]
    lines, after = _read(export.user_id, section, export.after, most_rows)
    key = f"{_folder(export.user_id)}{export.export_id}/{export.part:04d}-{section}.jsonl.gz"
    if lines:
        storage.put(key, _packed(lines), name=name_of(key), media_type="application/gzip")
    export.files = [*export.files, key] if lines else export.files
    export.after = after
    export.section += after is None
    if export.section == len(SECTIONS):
        export.status, export.ready_at = READY, clock.now()
    export.part += 1
    try:
        with db.conditional():
            export.save(
                condition=(ExportItem.export_id == export.export_id)
                & (ExportItem.part == export.part - 1)
            )
    except db.Conflict:
        return  # another worker wrote the same part, or a new export began


def _read(user_id: int, section: str, after: Any, most_rows: int) -> tuple[list[str], Any]:
    """Rows as JSON, and the key behind which the next part begins; None at the section's end."""
    until = time.monotonic() + _SECONDS
    size = min(_PAGE, most_rows)
    rows = rows_of(user_id, section, after, size)
    lines: list[str] = []
    while len(lines) < most_rows and time.monotonic() < until:
        page = [json.dumps(plain(row), ensure_ascii=False) for row in islice(rows, size)]
        lines += page
        if len(page) < size:
            return lines, None
    return lines, rows.last_evaluated_key


def _packed(lines: list[str]) -> bytes:
    # mtime: the same part written twice is the same file.
    return gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)


def _folder(user_id: int) -> str:
    return f"{user_id}/exports/"


def name_of(key: str) -> str:
    """What a file is called where it is saved."""
    return key.rpartition("/")[2]
