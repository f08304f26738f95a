"""What Stripe refuses, with the words and codes of docs.stripe.com/error-codes."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        told = {"code": code, "param": param, "decline_code": decline_code}
        self.error: dict[str, Any] = {"type": kind, "message": message}
        self.error |= {name: value for name, value in told.items() if value is not None}

    @property
    def body(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {"error": self.error}


def missing(kind: str, thing_id: str, param: str = "id") -> Refusal:
    """Something that is named and not there."""
    name = kind.rpartition(".")[2].replace("_", " ")
    return Refusal(
        f"No such {name}: '{thing_id}'", status=404, code="resource_missing", param=param
    )


def unknown_price(price: str, param: str) -> Refusal:
    """A price that is not there; unlike a missing address this is a bad parameter."""
    return Refusal(f"No such price: '{price}'", code="resource_missing", param=param)


def declined() -> Refusal:
    """The card does not pay."""
    return Refusal(
        "Your card was declined.",
        status=402,
        kind="card_error",
        code="card_declined",
        decline_code="generic_decline",
    )


def reused_key() -> Refusal:
    """An idempotency key with other parameters than the first time."""
    return Refusal(
        "Keys for idempotent requests can only be used with the same parameters they were first "
        "used with. Try using a key other than the given one if you meant another request.",
        kind="idempotency_error",
    )
