"""A page of leads costs the same wherever it stands in a long list."""

from __future__ import annotations

import pytest

from bench import pages
from chalicelib import ids

HALF_A_UNIT = 0.5
"""What the tally at the head of the first page may add: reads are billed by 4 KB."""


@pytest.mark.usefixtures("aws")
def test_the_first_page_and_the_hundredth_of_ten_thousand_leads() -> None:
    user_id, stream_id = 77, ids.new_id()
    pages.fill(user_id, stream_id, pages.LEADS)
    first, hundredth = pages.first_and_last(user_id, stream_id)
    assert pages.LEADS // pages.LIMIT == 100
    assert first.leads == hundredth.leads == pages.LIMIT
    assert first.queries == hundredth.queries == 1
    assert first.read_units == pytest.approx(hundredth.read_units, abs=HALF_A_UNIT)
