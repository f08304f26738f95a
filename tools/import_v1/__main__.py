"""Brings a v1 export into the tables of the stage in use; docs/migration.md has its format.

It may be stopped and begun again, and done twice: rows that are there stay as they are, those that
are missing come. Lines that cannot be read are listed and left out. Ends with 0 when all came, 1
when something is listed, 2 when nothing could be done.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from chalicelib.settings import settings
from tools.import_v1 import stage, writing
from tools.import_v1.mapping import rows_of
from tools.import_v1.reading import Belongings, Export, NoExport, read
from tools.import_v1.standing import standing_of, tracked_by, welcome


@dataclass
class Report:
    """What an import came to."""

    is_dry: bool
    made: Counter[str] = field(default_factory=Counter)
    outcome: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)

    def show(self) -> None:
        """Print it."""
        print("would be written, where it is not there" if self.is_dry else "what the export holds")
        for kind, number in sorted(self.made.items()):
            print(f"  {kind:14} {number}")
        for name, number in self.outcome.items():
            print(f"{name}: {number}")
        print(f"left out: {len(self.left_out)}")
        for line in self.left_out:
            print(f"  {line}")


def main(arguments: list[str] | None = None) -> int:
    """Import, or report what an import would do."""
    parser = argparse.ArgumentParser("python -m tools.import_v1", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the files of the export are")
    parser.add_argument("--dry-run", action="store_true", help="write nothing, only report")
    given = parser.parse_args(arguments)
    try:
        export = read(given.folder)
        stage.prepare()
        report = Report(given.dry_run, left_out=list(export.bad_lines))
        _import_all(export, report)
    except (NoExport, stage.Unready) as fault:
        print(fault, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped: what came stays, and another run goes on", file=sys.stderr)
        return 130
    report.show()
    return int(bool(report.left_out))


def _import_all(export: Export, report: Report) -> None:
    # Beside the report, which may be on its way into a file.
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("lines", total=export.lines)
        for user_id, found in export.users.items():
            try:
                _import(user_id, found, report)
            except Exception as fault:
                # Whatever one user's rows run into, the others come; the next run tries again. The
                # message of a fault may hold what nobody should read: its name has to do.
                code = getattr(fault, "cause_response_code", None) or ""
                report.left_out.append(f"user {user_id}: {type(fault).__name__} {code}".rstrip())
            progress.advance(bar, len(found.records))


def _import(user_id: int, found: Belongings, report: Report) -> None:
    mapped = rows_of(found, settings().key_pepper, tracked_by(user_id))
    report.left_out += mapped.left_out
    standing = standing_of(mapped)
    if standing.refusal:
        report.left_out.append(standing.refusal)
        return
    if standing.is_erased:
        report.outcome["users who deleted their account since"] += 1
        return
    rows = welcome(mapped)
    report.made.update(rows.counts())
    report.outcome["users that were through"] += standing.is_through
    report.outcome["people who stay away"] += len(mapped.leads) - len(rows.leads)
    if report.is_dry:
        return
    written = writing.write(rows)
    report.left_out += written.refused
    report.outcome.update({"rows written": written.new, "rows that were there": written.known})


if __name__ == "__main__":
    raise SystemExit(main())
