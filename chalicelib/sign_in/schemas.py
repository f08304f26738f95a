"""Signing in, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, EmailStr, Field

from chalicelib.http.schema import Input, Output, Storable, absent


def _plain(address: str) -> str:
    if not address.isascii():
        raise ValueError("must be written in ASCII")
    return address


class SignIn(Input):
    """Who wants to sign in. `name` counts on the first sign-in only."""

    email: Annotated[EmailStr, AfterValidator(_plain)]
    name: Annotated[str, Field(min_length=1, max_length=120), Storable] = absent()


class Callback(Input):
    """What the link in the mail carries."""

    token: str


class Done(Output):
    """The request was taken."""

    ok: bool
