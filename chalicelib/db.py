"""DynamoDB: the base of every table, transactions that retry, and reads of several rows at once.

PynamoDB's exceptions end here and in the `table.py` of each room.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.connection import Connection
from pynamodb.connection.table import TableConnection
from pynamodb.constants import NUMBER
from pynamodb.exceptions import DoesNotExist, PutError, TransactWriteError, UpdateError
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite
from tenacity import (
    Retrying,
    retry,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from chalicelib.settings import settings

_T = TypeVar("_T", bound="Table")

TRANSACTION_LIMIT = 100
"""Items in one DynamoDB transaction."""
BATCH_GET_LIMIT = 100
"""Keys in one BatchGetItem."""


class IntegerAttribute(Attribute[int]):
    """A whole number, exact up to DynamoDB's 38 digits."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        return str(int(value))

    def deserialize(self, value: str) -> int:
        return int(value)


def member(of: Any, name: str) -> Any:
    """A key of a map attribute, for conditions and updates."""
    return of[name]


def put(attribute: Any, value: Any) -> Action:
    """The update that sets an attribute, or removes it when the value is None."""
    action: Action = attribute.set(value)
    return action


def increased(path: Any, number: int) -> Any:
    """The update that adds to a number within a map; ADD itself reaches only top-level numbers."""
    return path.set((path | 0) + number)


class Conflict(Exception):
    """Somebody else wrote first: a condition on a row did not hold. Read again and decide anew."""


class Contended(Exception):
    """DynamoDB refused a transaction only because another touched the same rows just then."""


class _Setting:
    """A class attribute that is read from the settings when it is used, not when it is imported."""

    def __init__(self, read: Any) -> None:
        self._read = read

    def __get__(self, _instance: object, owner: Any) -> Any:
        return self._read(owner)


class Meta:
    """Base of every model's Meta: set `name`; the table's own name carries the stage."""

    name: str
    table_name = _Setting(lambda meta: settings().resource(meta.name))
    region = _Setting(lambda _meta: settings().aws_region)
    max_retry_attempts = 5
    max_pool_connections = 32


_connection: Connection | None = None
_connection_lock = threading.Lock()


def connection() -> Connection:
    """The one DynamoDB client of this process: each further one would cost 60 ms of start-up."""
    global _connection  # noqa: PLW0603 - made on first use, shared by all tables
    with _connection_lock:
        if _connection is None:
            _connection = Connection(
                region=settings().aws_region,
                max_retry_attempts=Meta.max_retry_attempts,
                max_pool_connections=Meta.max_pool_connections,
                connect_timeout_seconds=3,
                read_timeout_seconds=10,
            )
        return _connection


class Table(Model):
    """A PynamoDB model on the shared client."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        known = cls._connection
        own = super()._get_connection()
        if own is not known:
            shared = connection()
            meta = own.get_meta_table()
            if meta.table_name not in shared._tables:
                shared.add_meta_table(meta)
            own.connection = shared
        return own

    @classmethod
    def find(cls: type[_T], hash_key: Any, range_key: Any = None) -> _T | None:
        """The row with this key, read consistently, or None."""
        try:
            return cls.get(hash_key, range_key, consistent_read=True)
        except DoesNotExist:
            return None

    @classmethod
    def find_all(cls: type[_T], keys: Iterable[Any]) -> list[_T]:
        """The rows that exist among `keys`, in no order; one round trip per 100 keys."""
        return list(cls.batch_get(list(keys), consistent_read=True))


@contextmanager
def conditional() -> Iterator[None]:
    """Turn a failed condition of the single write within into `Conflict`."""
    try:
        yield
    except (PutError, UpdateError) as fault:
        if fault.cause_response_code == "ConditionalCheckFailedException":
            raise Conflict from fault
        raise


class Write(TransactWrite):
    """The rows that one transaction writes; handed to the function that `transact` runs."""

    def __len__(self) -> int:
        return sum(
            map(
                len,
                (
                    self._condition_check_items,
                    self._delete_items,
                    self._put_items,
                    self._update_items,
                ),
            )
        )


retried_on_conflict = retry(
    retry=retry_if_exception_type(Conflict),
    wait=wait_random_exponential(multiplier=0.02, max=1),
    stop=stop_after_attempt(8),
    reraise=True,
)
"""Decorates a function that reads, decides and writes: on `Conflict` it does so again."""


@contextmanager
def transaction() -> Iterator[Write]:
    """Collect up to 100 writes and commit all or none of them.

    Retries with jitter while DynamoDB reports contention or throttling. Raises `Conflict` when a
    condition does not hold, `Contended` when the contention outlasts the retries.
    """
    write = Write(connection=connection())
    yield write
    if not len(write):
        return
    for attempt in Retrying(
        retry=retry_if_exception_type(Contended),
        wait=wait_random_exponential(multiplier=0.02, max=1),
        stop=stop_after_attempt(10),
        reraise=True,
    ):
        with attempt:
            _commit(write)


_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def _commit(write: Write) -> None:
    try:
        write._commit()
    except TransactWriteError as fault:
        codes = {reason.code for reason in fault.cancellation_reasons if reason}
        if "ConditionalCheckFailed" in codes:
            raise Conflict from fault
        if codes & _PASSING or fault.cause_response_code == "TransactionInProgressException":
            raise Contended from fault
        raise
