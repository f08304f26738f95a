"""The desk: what receivers got, told to programs and to people."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from localdev.desk.inbox import Inbox
from localdev.desk.server import Desk

SECRET = "whsec_" + "c2VjcmV0LW9mLWEtdGVzdA=="
BODY = b'{"type":"webhook.test","note":"<b>&"}'


def _headers(secret: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, BODY.decode()),
    }


def test_it_verifies_remembers_and_forgets() -> None:
    with Desk() as desk:
        trusted = {"path": "/hooks/a", "secret": SECRET}
        httpx.post(f"{desk.url}/_control/trust", json=trusted).raise_for_status()
        for path, secret in (("a", SECRET), ("a", "whsec_b3RoZXI="), ("b", SECRET)):
            answer = httpx.post(f"{desk.url}/hooks/{path}", content=BODY, headers=_headers(secret))
            assert answer.json() == {"ok": True}
        shown = httpx.get(f"{desk.url}/_control/messages").json()
        assert [each["verified"] for each in shown] == [True, False, None]
        assert shown[0]["body"]["type"] == "webhook.test"
        assert httpx.get(f"{desk.url}/_control/counts").json() == {"/hooks/a": 2, "/hooks/b": 1}
        httpx.post(f"{desk.url}/_control/reset").raise_for_status()
        assert httpx.get(f"{desk.url}/_control/messages").json() == []


def test_a_path_may_change_its_mood() -> None:
    with Desk() as desk:
        asked = {"path": "/hooks/a", "mood": "status/503/7"}
        httpx.post(f"{desk.url}/_control/behave", json=asked).raise_for_status()
        answer = httpx.post(f"{desk.url}/hooks/a", content=BODY)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


def test_people_see_a_page_and_nothing_else_is_there() -> None:
    def page(inbox: Inbox) -> str:
        return f"<p>{len(inbox.all())} messages"

    with Desk(page=page) as desk:
        httpx.post(f"{desk.url}/hooks/a", content=BODY)
        answer = httpx.get(f"{desk.url}/")
        assert (answer.text, answer.headers["Content-Type"]) == (
            "<p>1 messages",
            "text/html; charset=utf-8",
        )
        assert httpx.get(f"{desk.url}/elsewhere").status_code == 404
        assert httpx.post(f"{desk.url}/_control/unknown", json={}).status_code == 404
