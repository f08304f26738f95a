"""The API describes itself: a document for programs, a page for people."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from chalicelib.settings import settings
from localdev.environment import ROOT
from tests.api_client import Api


@pytest.fixture
def stranger() -> Api:
    """Somebody without a key."""
    return Api(None)


def test_the_document_is_served_with_this_address(stranger: Api) -> None:
    answer = stranger.get("/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    found = answer.json_body
    assert found["openapi"].startswith("3.1")
    assert found["servers"] == [{"url": settings().base_url}]
    assert "/streams/{stream_id}" in found["paths"]


def test_the_page_takes_everything_from_this_api(stranger: Api) -> None:
    page = stranger.get("/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    named = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    kinds = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
    files = [each for each in named if each != "data:,"]
    assert len(files) == 3
    for file in files:
        answer = stranger.get(f"/{file}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == kinds[file.rpartition(".")[2]]
    assert 'url: "openapi.json"' in stranger.get("/docs/start.js").body.decode()
    assert b"SwaggerUIBundle" in stranger.get("/docs/swagger-ui-bundle.js").body


def test_unknown_parameters_are_refused_here_too(stranger: Api) -> None:
    assert stranger.get("/openapi.json?format=yaml").json_body["code"] == "invalid_request"


def test_importing_the_app_does_not_pay_for_the_document() -> None:
    code = "import sys, app; sys.exit('chalicelib.docs_site.openapi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
