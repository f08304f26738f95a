"""Inputs whose fields want or exclude each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from chalicelib.http.schema import Input

Given = Mapping[str, Any]
"""An object as it came, by wire names, before any field of it was checked."""
Clash = tuple[str, str]
"""The field that is blamed, by its wire name (empty blames the whole), and what is wrong."""


class Related(Input):
    """An input that looks at its fields together as well.

    It does so whatever is wrong with each of them: a caller is told of all faults at once.
    """

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:  # noqa: ARG003 - subclasses look at it
        """What does not go together."""
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _told_at_once(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        clashes = list(map(_fault, cls.clashes(given))) if isinstance(given, Mapping) else []
        try:
            found = handler(given)
        except ValidationError as error:
            raise _joined(cls.__name__, [*map(_again, _errors(error)), *clashes]) from None
        if clashes:
            raise _joined(cls.__name__, clashes)
        return found


def one_of(given: Given, *names: str) -> bool:
    """Whether exactly one of these fields is given; null is wrong by itself."""
    return sum(name in given for name in names) == 1


def _fault(clash: Clash) -> InitErrorDetails:
    field, message = clash
    context = {"message": message, **({"field": field} if field else {})}
    return InitErrorDetails(type=PydanticCustomError("clash", "{message}", context), input=None)


def _errors(error: ValidationError) -> list[Any]:
    return error.errors(include_url=False, include_input=False)


def _again(known: Any) -> InitErrorDetails:
    """An error as it was told, to be told with others."""
    context = {**known.get("ctx", {}), "message": known["msg"]}
    told = PydanticCustomError(known["type"], "{message}", context)
    return InitErrorDetails(type=told, loc=known["loc"], input=None)


def _joined(name: str, faults: list[InitErrorDetails]) -> ValidationError:
    return ValidationError.from_exception_data(name, faults)
