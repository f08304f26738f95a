"""`python -m tools.import_v1 FOLDER [--dry-run]`: a v1 export into the tables of the stage in use.

It may be stopped and begun again, and done twice: users that are through are passed over, rows that
are there stay as they are. Lines that cannot be read are listed and left out.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from rich.progress import track

from chalicelib.settings import settings
from tools.import_v1 import writing
from tools.import_v1.mapping import Rows, rows_of
from tools.import_v1.reading import read


def main(arguments: list[str] | None = None) -> int:
    """Import or report; 1 when lines were left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="write nothing, only report")
    given = parser.parse_args(arguments)
    export = read(given.folder)
    made: Counter[str] = Counter()
    outcome: Counter[str] = Counter()
    left_out = list(export.bad_lines)
    for user_id, found in track(export.users.items(), "users", disable=given.dry_run):
        rows = rows_of(found, settings().key_pepper)
        left_out += rows.left_out
        made.update(_counts(rows))
        if given.dry_run:
            continue
        if writing.is_done(user_id):
            outcome["users that were through"] += 1
            continue
        if writing.is_taken(rows):
            left_out.append(f"users.jsonl: id {user_id}: email belongs to another user")
            continue
        written = writing.write(rows)
        outcome.update({"rows written": written.new, "rows that were there": written.known})
    _report(made, outcome, left_out, dry_run=given.dry_run)
    return int(bool(left_out))


def _counts(rows: Rows) -> Counter[str]:
    kinds = Counter(type(row).__name__.removesuffix("Item") for row in rows.rows)
    kinds["Lead"] += len(rows.leads)
    return kinds


def _report(
    made: Counter[str], outcome: Counter[str], left_out: list[str], *, dry_run: bool
) -> None:
    print("would be written" if dry_run else "what the export holds")
    for kind, number in sorted(made.items()):
        print(f"  {kind:14} {number}")
    for name, number in outcome.items():
        print(f"{name}: {number}")
    print(f"left out: {len(left_out)}")
    for line in left_out:
        print(f"  {line}")


if __name__ == "__main__":
    raise SystemExit(main())
