"""How often an endpoint asks AWS, the check of the key included."""

from __future__ import annotations

import pytest

from bench.trips import counted
from tests.api.stream_hand import pair, set_user
from tests.api_client import Api


@pytest.mark.parametrize(
    "path", ["/streams", "/streams?includeArchived=true", "/accounts", "/segments", "/streams/{id}"]
)
def test_reading_is_one_call_beside_the_key(api: Api, path: str) -> None:
    created = api.create_stream()
    with counted() as calls:
        assert api.get(path.format(id=created["id"])).status_code == 200
    assert len(calls) == 2, calls


def test_labels_are_no_call(api: Api) -> None:
    with counted() as calls:
        assert api.get("/labels").status_code == 200
    assert len(calls) == 1, calls


def test_creating_does_not_depend_on_the_number_of_pairs(api: Api) -> None:
    set_user(api, slots={"starter": 100})
    api.create_stream(pairs=[pair("orbitdesk")])
    spent = []
    for handles in (["tidewater"], [f"person_{number:03d}" for number in range(50)]):
        with counted() as calls:
            api.create_stream(pairs=[pair(handle) for handle in handles])
        spent.append(calls)
    assert spent[0] == spent[1]
    assert len(spent[0]) <= 16
