"""Cells that a spreadsheet must not run."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from chalicelib.exports.files import Format, write
from chalicelib.exports.sheet import COLUMNS, Cell, harmless

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")
FINE = ("a=1", "", " =1", "Ünïcode 🚢", "a\nb", 'say "hi", then; go', None, 12, -3)


@pytest.mark.parametrize("cell", HOSTILE)
def test_what_might_be_a_formula_becomes_text(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", FINE)
def test_everything_else_stays(cell: Cell) -> None:
    assert harmless(cell) == cell


@pytest.mark.parametrize("wanted", ["csv", "xlsx"])
def test_a_file_gives_back_what_was_written(wanted: Format) -> None:
    texts = ["'=1+1", "Ünïcode 🚢", 'say "hi", then; go', "https://example.org", "007", "a\nb"]
    row: list[Cell] = [2**53 - 1, *texts, *[None] * (len(COLUMNS) - 1 - len(texts))]
    file = write([row], wanted)
    if wanted == "csv":
        rows = list(csv.reader(StringIO(file.content.decode("utf-8"), newline="")))
        expected = ["" if cell is None else str(cell) for cell in row]
    else:
        sheet = load_workbook(BytesIO(file.content))["Leads"]
        rows = [list(each) for each in sheet.iter_rows(values_only=True)]
        expected = row  # type: ignore[assignment]
        assert all(cell.data_type in "snb" for each in sheet for cell in each)
        assert not any(cell.hyperlink for each in sheet for cell in each)
    assert rows == [list(COLUMNS), expected]


def test_csv_begins_with_its_head_and_no_mark() -> None:
    assert write([], "csv").content == (",".join(COLUMNS) + "\r\n").encode()
