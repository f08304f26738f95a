"""DynamoDB: the base of every table, transactions that retry, and reads of several rows at once.

PynamoDB's exceptions end here and in the `table.py` of each room.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from botocore.session import Session
from pynamodb.attributes import Attribute
from pynamodb.connection import Connection
from pynamodb.connection.table import TableConnection
from pynamodb.constants import MAP, NUMBER, STRING
from pynamodb.exceptions import (
    DeleteError,
    DoesNotExist,
    PutError,
    TransactGetError,
    TransactWriteError,
    UpdateError,
)
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from chalicelib import aws
from chalicelib.settings import settings

_T = TypeVar("_T", bound="Table")
_P = ParamSpec("_P")
_R = TypeVar("_R")

TRANSACTION_LIMIT = 100
"""Items in one DynamoDB transaction."""


class IntegerAttribute(Attribute[int]):
    """A whole number, exact up to DynamoDB's 38 digits."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        return str(int(value))

    def deserialize(self, value: str) -> int:
        return int(value)


class JSONByKeyAttribute(Attribute[dict[str, Any]]):
    """A map with plain JSON behind each key: conditions reach the keys, and no further."""

    attr_type = MAP

    def serialize(self, value: dict[str, Any]) -> dict[str, Any]:
        return {key: {STRING: json.dumps(each)} for key, each in value.items()}

    def deserialize(self, value: dict[str, Any]) -> dict[str, Any]:
        return {key: json.loads(each[STRING]) for key, each in value.items()}


def member(of: Any, name: str) -> Any:
    """A key of a map attribute, for conditions and updates."""
    return of[name]


def put(attribute: Any, value: Any) -> Action:
    """The update that sets an attribute, or removes it when the value is None."""
    action: Action = attribute.remove() if value is None else attribute.set(value)
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


class _Connection(Connection):
    """PynamoDB's client on the session that all AWS clients share."""

    @property
    def session(self) -> Session:
        return aws.session()


_connection: Connection | None = None
_connection_lock = threading.Lock()


def connection() -> Connection:
    """The one DynamoDB client of this process: each further one would cost 60 ms of start-up."""
    global _connection  # noqa: PLW0603 - made on first use, shared by all tables
    with _connection_lock:
        if _connection is None:
            _connection = _Connection(
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


def find_together(*wanted: tuple[type[Table], Any, Any]) -> list[Any]:
    """Rows of several tables as they stood at one instant, None for each that does not exist.

    Takes (model, hash key, range key). One round trip; raises `Contended` as a transaction does.
    """
    return _again_on(Contended, 10, lambda: _read_together(wanted))


@contextmanager
def conditional() -> Iterator[None]:
    """Turn a failed condition of the single write within into `Conflict`."""
    try:
        yield
    except (PutError, UpdateError, DeleteError) as fault:
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


def _again_on(fault: type[Exception], attempts: int, call: Callable[[], _R]) -> _R:
    """Call until it does not raise `fault`, with growing, jittered pauses, `attempts` times."""
    try:
        return call()
    except fault:
        # Imported when it is first needed: it brings asyncio along, 25 ms of start-up.
        from tenacity import (
            Retrying,
            retry_if_exception_type,
            stop_after_attempt,
            wait_random_exponential,
        )
    retrying = Retrying(
        retry=retry_if_exception_type(fault),
        wait=wait_random_exponential(multiplier=0.02, max=1),
        stop=stop_after_attempt(attempts - 1),
        reraise=True,
    )
    return retrying(call)


def retried_on_conflict(decide_and_write: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorates a function that reads, decides and writes: on `Conflict` it does so again."""

    @wraps(decide_and_write)
    def retried(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        return _again_on(Conflict, 8, lambda: decide_and_write(*args, **kwargs))

    return retried


def _read_together(wanted: Sequence[tuple[type[Table], Any, Any]]) -> list[Any]:
    try:
        with TransactGet(connection=connection()) as read:
            rows = [read.get(model, hash_key, range_key) for model, hash_key, range_key in wanted]
    except TransactGetError as fault:
        if fault.cause_response_code == "TransactionCanceledException":
            raise Contended from fault
        raise
    return [_found(row) for row in rows]


def _found(row: Any) -> Any:
    try:
        return row.get()
    except DoesNotExist:
        return None


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
    _again_on(Contended, 10, lambda: _commit(write))


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
