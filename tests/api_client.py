"""The API as a caller sees it, without a socket: Chalice's own test client under a key."""

from __future__ import annotations

import json
from typing import Any, Self

from chalice.test import Client, HTTPResponse

from app import app
from chalicelib.auth import users
from chalicelib.settings import settings
from localdev.seed import subscribe


class Api:
    """`with Api(key) as api: api.get("/me")`. Each call returns Chalice's response.

    With `session`, the token of a session cookie, it calls as the UI in a browser does.
    """

    def __init__(self, key: str | None, user_id: int = 0, *, session: str | None = None) -> None:
        self.key = key
        self.user_id = user_id
        self.session = session
        self._client = Client(app, stage_name="test")

    @classmethod
    def for_new_user(cls, email: str, *, subscribed: bool) -> Self:
        user = users.create(email, email.partition("@")[0])
        if subscribed:
            subscribe(user)
        return cls(users.create_key(user.user_id, "test")[1], user.user_id)

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._client.__exit__(*details)

    def get(self, path: str, **headers: str) -> HTTPResponse:
        return self.request("GET", path, b"", headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        return self._send("POST", path, body, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        return self._send("PUT", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        return self._send("PATCH", path, body, headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        return self._send("DELETE", path, body, headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> HTTPResponse:
        raw = b"" if body is None else json.dumps(body).encode()
        return self.request(method, path, raw, headers)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> HTTPResponse:
        return self._client.http.request(
            method, "/api/v2" + path, headers=self._credentials() | (headers or {}), body=body
        )

    def _credentials(self) -> dict[str, str]:
        own = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if self.session:
            own |= {"Cookie": f"ctgo_session={self.session}", "Origin": settings().ui_origin}
        return own

    def create_stream(self, **fields: Any) -> dict[str, Any]:
        """A stream over `@orbitdesk` on the pro tier, unless the fields say otherwise."""
        pair = {
            "accountHandle": "orbitdesk",
            "accountTier": "pro",
            "segment": {"description": "software engineers and founders"},
        }
        answer = self.post("/streams", {"pairs": [pair], **fields})
        assert answer.status_code == 201, answer.body
        return dict(answer.json_body)
