"""/files: what was too large for a mail."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib import errors, wiring
from chalicelib.exports.links import key_of
from chalicelib.http.router import Reply, Router
from chalicelib.http.schema import Input

router = Router()


class FileLink(Input):
    """What the link in a mail carries."""

    token: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/files", status=303, errors=[errors.LinkInvalid])
def download_file(query: FileLink) -> Reply[str]:
    """Use the link of a mail: leads to the file, for a week after the mail was written."""
    return Reply("", headers={"Location": wiring.storage().link(key_of(query.token))})
