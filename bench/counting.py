"""What AWS is asked and what it bills: calls by name, and write units by table.

A table's own units are what the emulator says each write consumed: size in KB, doubled within a
transaction. It leaves out the indexes of batches and transactions, so those are reckoned here from
the rows: an index takes a unit per KB for every row put with its key, and for every update where it
carries the whole row. DynamoDB's page on capacity has these rules.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib import aws, db

_READS = ("GetItem", "BatchGetItem", "TransactGetItems", "Query")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


@dataclass
class Counts:
    """Sums over everything that was asked meanwhile."""

    calls: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    """Write units by table, without its indexes."""
    read_units: float = 0.0
    index_units: Counter[str] = field(default_factory=Counter)

    @property
    def write_units(self) -> float:
        """All of them."""
        return float(self.units.total() + self.index_units.total())


class Meter:
    """Stands at the clients of this process; counts while it `runs`."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._runs = False
        self._indexes = _Indexes()
        self._keys, self._price = 1, 1.0
        """Rows that the read under way asks for, and what 4 KB of it cost."""

    @contextmanager
    def installed(self) -> Iterator[Counts]:
        """Be there, and count nothing yet."""
        services = [aws.client(name).meta.events for name in aws.SERVICES]
        dynamodb = db.connection().client.meta.events
        hooks = [(events, "before-call", self._call) for events in (*services, dynamodb)]
        for name in _WRITES:
            hooks.append((dynamodb, f"before-parameter-build.dynamodb.{name}", self._ask))
            hooks.append((dynamodb, f"after-call.dynamodb.{name}", self._units))
        for name in _READS:
            hooks.append((dynamodb, f"before-parameter-build.dynamodb.{name}", self._note_read))
            hooks.append((dynamodb, f"after-call.dynamodb.{name}", self._read))
        for events, event, hook in hooks:
            events.register(event, hook)
        try:
            yield self.counts
        finally:
            for events, event, hook in hooks:
                events.unregister(event, hook)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what is asked within."""
        self._runs = True
        try:
            yield
        finally:
            self._runs = False

    def _call(self, model: Any, **_: Any) -> None:
        if self._runs:
            self.counts.calls[model.name] += 1

    def _ask(self, params: dict[str, Any], **_: Any) -> None:
        if not self._runs:
            return
        self._runs = False  # looking up indexes is not part of it
        params["ReturnConsumedCapacity"] = "INDEXES"
        for table, row, is_whole in _rows(params):
            self.counts.index_units[table] += self._indexes.units(table, row, is_whole=is_whole)
        self._runs = True

    def _units(self, parsed: dict[str, Any], **_: Any) -> None:
        told = parsed.get("ConsumedCapacity") or [] if self._runs else []
        for each in told if isinstance(told, list) else [told]:
            own = each.get("Table", each)
            self.counts.units[each["TableName"]] += own.get("CapacityUnits", 0)

    def _note_read(self, params: dict[str, Any], **_: Any) -> None:
        tables = list(params.get("RequestItems", {}).values())
        self._keys = sum(len(table["Keys"]) for table in tables)
        is_consistent = any(each.get("ConsistentRead") for each in (params, *tables))
        self._price = 2.0 if "TransactItems" in params else 1.0 if is_consistent else 0.5

    def _read(self, parsed: dict[str, Any], **_: Any) -> None:
        if self._runs:
            self.counts.read_units += self._price * _read_units(parsed, self._keys)


def _read_units(parsed: dict[str, Any], keys: int) -> int:
    """Units of 4 KB: the rows of a query together, each other row by itself, be it there or not."""
    if "Items" in parsed:
        return max(1, math.ceil(sum(map(size, parsed["Items"])) / 4096))
    responses = parsed.get("Responses", [parsed])
    if isinstance(responses, dict):
        rows = [row for found in responses.values() for row in found]
    else:
        rows = [each.get("Item", {}) for each in responses]
    return sum(max(1, math.ceil(size(row) / 4096)) for row in rows) + max(0, keys - len(rows))


def _rows(params: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Table, row or key, and whether it is the whole row, of each write of a request."""
    wanted = [*params.get("TransactItems", []), {"Alone": params}]
    for table, requests in params.get("RequestItems", {}).items():
        wanted += [{kind: {**put, "TableName": table}} for r in requests for kind, put in r.items()]
    for each in wanted:
        for kind, write in each.items():
            if kind != "ConditionCheck" and "TableName" in write:
                yield write["TableName"], write.get("Item") or write.get("Key", {}), "Item" in write


class _Indexes:
    """The secondary indexes of our tables."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[set[str], dict[str, Any]]]] = {}

    def units(self, table: str, row: dict[str, Any], *, is_whole: bool) -> int:
        return sum(
            self._of_row(keys, projection, row)
            if is_whole
            else projection["ProjectionType"] == "ALL"
            for keys, projection in self._of_table(table)
        )

    @staticmethod
    def _of_row(keys: set[str], projection: dict[str, Any], row: dict[str, Any]) -> int:
        if not keys <= row.keys():
            return 0
        if projection["ProjectionType"] == "ALL":
            return math.ceil(size(row) / 1024)
        kept = keys | set(projection.get("NonKeyAttributes", ()))
        return math.ceil(size({name: row[name] for name in kept & row.keys()}) / 1024)

    def _of_table(self, table: str) -> list[tuple[set[str], dict[str, Any]]]:
        if table not in self._known:
            found = db.connection().client.describe_table(TableName=table)["Table"]
            self._known[table] = [
                ({part["AttributeName"] for part in index["KeySchema"]}, index["Projection"])
                for index in found.get("GlobalSecondaryIndexes", [])
            ]
        return self._known[table]


def size(row: dict[str, Any]) -> int:
    """Bytes that DynamoDB reckons for a row: names and values, in UTF-8."""
    return sum(len(name.encode()) + _size(value) for name, value in row.items())


def _size(value: dict[str, Any]) -> int:
    ((kind, held),) = value.items()
    if kind == "N":
        return len(held) // 2 + 2
    if kind == "L":
        return 3 + sum(1 + _size(each) for each in held)
    if kind == "M":
        return 3 + len(held) + size(held)
    if kind in ("SS", "NS", "BS"):
        return sum(map(len, held))
    return len(held.encode()) if kind == "S" else len(held) if kind == "B" else 1
