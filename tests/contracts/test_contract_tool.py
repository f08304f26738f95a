"""What `make contract` leaves out is no more than it says."""

from __future__ import annotations

import tomllib

from chalicelib.docs_site import described
from tools import contract

OPERATIONS = {each.function.__name__ for each in described.endpoints()}


def test_only_operations_that_there_are_are_named() -> None:
    named = [*contract.UNTRIED]
    for names in (*contract.REFUSED_BY_RULE.values(), *contract.STAYS_KNOWN.values()):
        named += names
    assert set(named) - OPERATIONS == set()


def test_every_check_is_made_of_most_operations() -> None:
    made = tomllib.loads(contract.configuration({"stream_id": 5}))
    assert made["parameters"] == {"path.stream_id": 5}
    off: dict[str, set[str]] = {}
    for each in made["operations"]:
        for check, setting in each["checks"].items():
            assert setting == {"enabled": False}
            off.setdefault(check, set()).add(each["include-operation-id"])
    assert off.keys() == {"positive_data_acceptance", *contract.STAYS_KNOWN}
    for operations in off.values():
        assert len(operations) < len(OPERATIONS) / 2
