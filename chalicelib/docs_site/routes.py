"""/docs and /openapi.json: the API described by itself, for people and for programs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from chalicelib.http.router import Reply, Router
from chalicelib.settings import settings

_ASSETS = Path(__file__).parent / "assets"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The page loads and calls nothing but this API."""


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


def _served(name: str, kind: str, seconds: int = 86_400) -> Reply[str]:
    headers = {"Content-Type": kind, "Cache-Control": f"public, max-age={seconds}"}
    return Reply(_asset(name), headers=headers)


router = Router()


@cache
def described() -> str:
    """The document of all rooms, made when it is first asked for."""
    from chalicelib.docs_site.described import endpoints
    from chalicelib.docs_site.openapi import document

    return json.dumps(document(endpoints(), base_url=settings().base_url))


@router.get("/openapi.json")
def get_openapi() -> Reply[str]:
    """The OpenAPI 3.1 document."""
    return Reply(described(), headers={"Cache-Control": "public, max-age=300"})


@router.get("/docs")
def show_docs() -> Reply[str]:
    """The document as a page."""
    page = _served("page.html", "text/html; charset=utf-8", seconds=300)
    return Reply(page.body, headers={**page.headers, "Content-Security-Policy": _POLICY})


@router.get("/docs/swagger-ui-bundle.js")
def get_docs_program() -> Reply[str]:
    """What draws the page."""
    return _served("swagger-ui-bundle.js", "text/javascript; charset=utf-8")


@router.get("/docs/start.js")
def get_docs_start() -> Reply[str]:
    """What starts the drawing."""
    return _served("start.js", "text/javascript; charset=utf-8")


@router.get("/docs/swagger-ui.css")
def get_docs_style() -> Reply[str]:
    """How the page looks."""
    return _served("swagger-ui.css", "text/css; charset=utf-8")
