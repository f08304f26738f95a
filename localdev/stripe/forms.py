"""Stripe's requests: forms whose names nest in brackets, `items[0][price]=price_1`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from localdev.stripe.refusals import Refusal

Form = dict[str, Any]


def parse(text: str) -> Form:
    """A query or a body as nested objects; names that are numbers make lists."""
    found: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+", name)
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def refuse_unknown(form: Form, known: frozenset[str]) -> None:
    """Parameters that Stripe does not have are refused by name."""
    for name in form:
        if name not in known:
            raise Refusal(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )


def whole(value: Any, param: str) -> int:
    """A whole number that came as text."""
    if not re.fullmatch(r"-?\d+", str(value)):
        raise Refusal(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
    return int(value)


def required(form: Form, name: str) -> Any:
    """A parameter that must be there."""
    if form.get(name) in (None, ""):
        raise Refusal(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return form[name]
