"""`python -m tools.make_docs`: write the pages of docs/ that say what the code says already.

docs/openapi.json from the routers, docs/errors.md from the catalogue of errors, docs/settings.md
from the settings. A test fails while one of them is stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from chalicelib import errors
from chalicelib.docs_site import described, failures
from chalicelib.docs_site.openapi import document
from chalicelib.docs_site.operations import path_of
from chalicelib.errors import ApiError
from chalicelib.http.router import Endpoint
from chalicelib.settings import Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"
_MADE = "<!-- Made by `python -m tools.make_docs`; changes belong in {source}. -->"
_ELSEWHERE: Mapping[type[ApiError], str] = {
    errors.RouteNotFound: "every path that is not there",
    errors.MethodNotAllowed: "every path, with another method",
    errors.Gone: "`/api/v1/*`",
}
"""Errors that no operation declares: they are answered before one is found."""
_MANY = 12
"""Operations beyond which a list of them says less than "most"."""


def main() -> None:
    """Write all pages."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Every page that is made, by the name of its file in docs/."""
    endpoints = described.endpoints()
    return {
        "openapi.json": openapi_text(endpoints),
        "errors.md": errors_page(endpoints),
        "settings.md": settings_page(),
    }


def openapi_text(endpoints: Sequence[Endpoint]) -> str:
    """The document for the public address, whatever the address of this process."""
    public = Settings().base_url
    found = document(endpoints, base_url=public)
    return json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def errors_page(endpoints: Sequence[Endpoint]) -> str:
    """A line for each error: what it looks like, and who answers with it."""
    return "\n".join(
        [
            "# Errors",
            "",
            _MADE.format(source="`chalicelib/errors.py`"),
            "",
            "Every error is JSON with `error`, `code`, `message` and `requestId`. Branch on `error`"
            " or `code`;",
            "`message` is copy for people and may change. `error` equals `code`, except for a few"
            " phrases",
            "that the published API promised.",
            "",
            "| Status | `error` | `code` | `message` | Answered by |",
            "|---|---|---|---|---|",
            *(_error_row(each, endpoints) for each in errors.catalogue()),
            "",
        ]
    )


def _error_row(each: type[ApiError], endpoints: Sequence[Endpoint]) -> str:
    cells = (
        str(each.status),
        f"`{each.error}`",
        f"`{each.code}`",
        each.message,
        _answered_by(each, endpoints),
    )
    return f"| {' | '.join(cells)} |"


def _answered_by(each: type[ApiError], endpoints: Sequence[Endpoint]) -> str:
    if each in _ELSEWHERE:
        return _ELSEWHERE[each]
    those = [endpoint for endpoint in endpoints if each in failures.of(endpoint)]
    if len(those) == len(endpoints):
        return "all"
    if len(those) > _MANY:
        return f"{len(those)} of {len(endpoints)} operations"
    return "<br>".join(f"`{endpoint.method} {path_of(endpoint)}`" for endpoint in those)


def settings_page() -> str:
    """A line for each environment variable."""
    return "\n".join(
        [
            "# Settings",
            "",
            _MADE.format(source="`chalicelib/settings.py`"),
            "",
            "Environment variables; nothing else configures ctgo. The SDK's own"
            " `AWS_ENDPOINT_URL` points AWS",
            "elsewhere.",
            "",
            "| Variable | Default | Meaning |",
            "|---|---|---|",
            *_setting_rows(),
            "",
        ]
    )


def _setting_rows() -> Iterator[str]:
    for field in fields(Settings):
        default = "" if field.default in (None, "") else f"`{field.default}`"
        yield f"| `{field.name.upper()}` | {default} | {field.metadata['description']} |"


if __name__ == "__main__":
    main()
