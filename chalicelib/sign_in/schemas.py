"""Signing in, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.http.schema import Input, MailAddress, Output, Storable, absent


class SignIn(Input):
    """Who wants to sign in. `name` counts on the first sign-in only."""

    email: MailAddress
    name: Annotated[str, Field(min_length=1, max_length=120), Storable] = absent()


class Callback(Input):
    """What the link in the mail carries."""

    token: str


class Done(Output):
    """The request was taken."""

    ok: bool
