"""A sheet as a file: CSV (UTF-8, RFC 4180) or XLSX."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Literal

from chalicelib.exports.sheet import COLUMNS, Cell

Format = Literal["csv", "xlsx"]

_MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WIDTHS = {"bio": 60, "reasons": 40, "labels": 30, "displayName": 24, "streamName": 24}
"""Characters of the columns that deserve more than the usual 16."""


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A file as it is attached or stored."""

    format: Format
    content: bytes

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self.format]


def write(rows: Iterable[Sequence[Cell]], wanted: Format) -> SheetFile:
    """Write the rows under a head with the names of the columns."""
    writers = {"csv": _csv, "xlsx": _xlsx}
    return SheetFile(wanted, writers[wanted](rows))


def _csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue().encode()


def _xlsx(rows: Iterable[Sequence[Cell]]) -> bytes:
    # Imported here: 60 ms that only a mail with a workbook needs.
    from xlsxwriter import Workbook

    file = BytesIO()
    # Text stays text: nothing is turned into formulas, links or numbers.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(file, options) as book:
        sheet = book.add_worksheet("Leads")
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(COLUMNS):
            sheet.set_column(place, place, _WIDTHS.get(column, 16))
        sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True}))
        last = 0
        for last, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(last, place, cell)
                elif cell is not None:
                    sheet.write_number(last, place, cell)
        sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    return file.getvalue()
