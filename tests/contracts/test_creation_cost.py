"""Creating a stream asks AWS as often for fifty pairs as for one."""

from __future__ import annotations

from collections import Counter

from bench.trips import counted
from tests.api.stream_hand import pair, set_user
from tests.api_client import Api


def test_creating_does_not_depend_on_the_number_of_pairs(api: Api) -> None:
    set_user(api, slots={"starter": 100})
    api.create_stream(pairs=[pair("orbitdesk")])
    spent, first = [], 0
    for number in (1, 10, 50):
        handles = [f"person_{each:03d}" for each in range(first, first + number)]
        first += number
        with counted() as calls:
            api.create_stream(pairs=[pair(handle) for handle in handles])
        spent.append(Counter(calls))
        assert len(calls) <= 17
    for calls in spent:
        calls["UpdateItem"] = 0  # a share of one pays for the look-ups on X, a chunk at a time
    assert spent[0] == spent[1] == spent[2]
