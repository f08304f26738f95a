"""When a list of followers is left, and whether everybody new was seen by then."""

from __future__ import annotations

from chalicelib.runs import rules
from chalicelib.runs.audience import ScanItem
from chalicelib.runs.rules import Sifted
from chalicelib.upstreams import Page


def is_last(scan: ScanItem, page: Page, sifted: Sifted, *, is_full: bool) -> bool:
    """Whether the list is left after this page, which the scan has taken in."""
    goes_round = rules.goes_round(idle_rows=scan.idle_rows, unfinished=scan.unfinished)
    return page.cursor is None or sifted.met_known or is_full or goes_round


def is_complete(scan: ScanItem, page: Page, sifted: Sifted, *, is_full: bool) -> bool:
    """Whether the list that ends with this page left nobody out.

    The next read stops where this one began, so whoever a list that only seems to have ended did
    not show would never be read. An honest one ends with people whom complete reads have met.
    """
    if sifted.met_known:
        return True
    if not scan.has_baseline:
        return is_full or rules.is_whole(rows=scan.new_rows, announced=scan.expected)
    if page.cursor is not None or page.is_cut or sifted.is_cut:
        return False
    announced = scan.count_now or 0
    ends_known = scan.streak > 0 or not scan.whole_rows
    is_whole = ends_known and rules.is_whole(rows=scan.listed, announced=announced)
    return is_whole or scan.listed >= announced
