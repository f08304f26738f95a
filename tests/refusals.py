"""What every refusal of the API has in common."""

from __future__ import annotations

from chalice.test import HTTPResponse

from chalicelib.errors import ApiError
from chalicelib.settings import settings


def assert_refused(answer: HTTPResponse, error: type[ApiError]) -> None:
    """The answer is this error: status, body and headers."""
    assert (answer.status_code, answer.json_body["code"]) == (error.status, error.code)
    assert answer.json_body["error"] == error.error
    assert answer.json_body["message"]
    assert answer.json_body["requestId"] == answer.headers["X-Request-Id"]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == settings().ui_origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
