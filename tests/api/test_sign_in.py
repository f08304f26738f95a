"""Signing in by mail, signing out, and calling with the session's cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
import time_machine
from chalice.test import HTTPResponse

from chalicelib.auth import users
from chalicelib.auth.users import UserItem
from chalicelib.settings import settings
from tests.api_client import Api

NOW = datetime(2026, 7, 5, 10, 10, tzinfo=UTC)
EMAIL = "noor@orbitdesk.example"


@pytest.fixture
def clock(aws: str) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as held:
        yield held


@pytest.fixture
def web(aws: str, clock: object) -> Api:
    """The API as a browser without a session calls it."""
    return Api(None)


def _mails(aws: str) -> list[dict[str, Any]]:
    found = httpx.get(f"{aws}/_ministack/ses/messages").raise_for_status().json()
    return list(found["messages"].get(settings().aws_account_id, []))


def _token(aws: str) -> str:
    link = re.search(r"/auth/callback\?token=([\w-]+)", _mails(aws)[-1]["BodyText"])
    assert link is not None
    return link[1]


def _session(answer: HTTPResponse) -> str:
    return SimpleCookie(answer.headers["Set-Cookie"])["ctgo_session"].value


def _sign_in(web: Api, aws: str, email: str = EMAIL, **fields: str) -> HTTPResponse:
    assert web.post("/auth/sign-in", {"email": email, **fields}).status_code == 202
    return web.get(f"/auth/callback?token={_token(aws)}")


def test_a_known_and_an_unknown_address_are_told_the_same(web: Api, aws: str) -> None:
    users.create(EMAIL, "Noor")
    answers = [web.post("/auth/sign-in", {"email": each}) for each in (EMAIL, "new@example.org")]
    assert [(a.status_code, a.json_body) for a in answers] == [(202, {"ok": True})] * 2
    assert len(_mails(aws)) == 2
    assert _mails(aws)[0]["Source"] == settings().mail_sender
    assert _mails(aws)[0]["To"] == [EMAIL]
    assert f"{settings().base_url}/auth/callback" in _mails(aws)[0]["BodyText"]


def test_the_first_sign_in_makes_the_user_with_the_name_then_given(web: Api, aws: str) -> None:
    answer = _sign_in(web, aws, name="Noor Haddad")
    assert answer.status_code == 303
    assert answer.headers["Location"] == settings().ui_origin
    cookie = answer.headers["Set-Cookie"]
    for flag in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=2592000"):
        assert flag in cookie.split("; ")
    me = Api(None, session=_session(answer)).get("/me")
    assert (me.json_body["name"], me.json_body["email"]) == ("Noor Haddad", EMAIL)
    assert me.json_body["credits"]["balance"] == 10
    assert me.headers["X-RateLimit-Limit"] == "300"
    user = users.by_email(EMAIL)
    assert isinstance(user, UserItem)
    assert user.signup_ip == "127.0.0.1"


def test_a_later_sign_in_changes_no_name_and_makes_no_second_user(web: Api, aws: str) -> None:
    _sign_in(web, aws)
    first = users.by_email(EMAIL)
    session = _session(_sign_in(web, aws, email=EMAIL.upper(), name="Somebody Else"))
    me = Api(None, session=session).get("/me").json_body
    second = users.by_email(EMAIL)
    assert (me["name"], me["email"]) == ("noor", EMAIL)
    assert first is not None
    assert second is not None
    assert first.user_id == second.user_id


def test_a_link_works_once(web: Api, aws: str) -> None:
    assert _sign_in(web, aws).status_code == 303
    again = web.get(f"/auth/callback?token={_token(aws)}")
    assert (again.status_code, again.json_body["code"]) == (400, "sign_in_link_invalid")
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize(("minutes", "status"), [(14.9, 303), (15, 400), (90, 400)])
def test_a_link_works_for_15_minutes(
    web: Api, aws: str, clock: time_machine.Coordinates, minutes: float, status: int
) -> None:
    web.post("/auth/sign-in", {"email": EMAIL})
    clock.shift(timedelta(minutes=minutes))
    assert web.get(f"/auth/callback?token={_token(aws)}").status_code == status


@pytest.mark.parametrize("domain", ["b\u00fccher.example", "xn--bcher-kva.example"])
def test_a_domain_is_mailed_to_as_dns_spells_it(web: Api, aws: str, domain: str) -> None:
    session = _session(_sign_in(web, aws, email=f"Noor@{domain}"))
    me = Api(None, session=session).get("/me").json_body
    assert [me["email"]] == _mails(aws)[-1]["To"] == ["Noor@xn--bcher-kva.example"]


@pytest.mark.parametrize("token", ["nonsense", "", "%00", "%ff%fe", "x" * 2000])
def test_an_unknown_link(web: Api, token: str) -> None:
    answer = web.get(f"/auth/callback?token={token}")
    assert (answer.status_code, answer.json_body["code"]) == (400, "sign_in_link_invalid")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "n\u00f6@example.org"}, "email"),
        ({"email": "Noor <noor@example.org>"}, "email"),
        ({"email": " noor@example.org"}, "email"),
        ({"email": f"{'n' * 65}@example.org"}, "email"),
        ({"email": 5}, "email"),
        ({"email": EMAIL, "name": ""}, "name"),
        ({"email": EMAIL, "name": None}, "name"),
        ({"email": EMAIL, "name": "n" * 121}, "name"),
        ({"email": EMAIL, "password": "x"}, "password"),
    ],
)
def test_faults(web: Api, aws: str, body: dict[str, Any], field: str) -> None:
    answer = web.post("/auth/sign-in", body)
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
    assert [fault["field"] for fault in answer.json_body["details"]] == [field]
    assert _mails(aws) == []


def test_five_links_per_address_and_hour(
    web: Api, aws: str, clock: time_machine.Coordinates
) -> None:
    for address in [EMAIL] * 4 + [EMAIL.upper()] * 3:
        assert web.post("/auth/sign-in", {"email": address}).json_body == {"ok": True}
    assert len(_mails(aws)) == 5
    web.post("/auth/sign-in", {"email": "other@example.org"})
    assert len(_mails(aws)) == 6
    clock.shift(timedelta(hours=1))
    web.post("/auth/sign-in", {"email": EMAIL})
    assert len(_mails(aws)) == 7


def test_thirty_requests_per_ip_and_hour(web: Api, clock: time_machine.Coordinates) -> None:
    answers = [web.post("/auth/sign-in", {"email": f"{n}@example.org"}) for n in range(31)]
    assert [answer.status_code for answer in answers] == [202] * 30 + [429]
    assert answers[-1].json_body["code"] == "rate_limited"
    assert answers[-1].headers["Retry-After"] == str(50 * 60)
    clock.shift(timedelta(hours=1))
    assert web.post("/auth/sign-in", {"email": EMAIL}).status_code == 202


def test_signing_out_ends_the_session_on_the_server(web: Api, aws: str) -> None:
    ui = Api(None, session=_session(_sign_in(web, aws)))
    assert ui.get("/me").status_code == 200
    answer = ui.post("/auth/sign-out")
    assert (answer.status_code, answer.json_body) == (200, {"ok": True})
    assert "ctgo_session=;" in answer.headers["Set-Cookie"]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    refused = ui.get("/me")
    assert (refused.status_code, refused.json_body["code"]) == (401, "missing_api_key")


@pytest.mark.parametrize("session", [None, "unknown"])
def test_signing_out_without_a_session(web: Api, session: str | None) -> None:
    assert Api(None, session=session).post("/auth/sign-out").json_body == {"ok": True}


def test_a_session_ends_after_30_days(web: Api, aws: str, clock: time_machine.Coordinates) -> None:
    ui = Api(None, session=_session(_sign_in(web, aws)))
    clock.shift(timedelta(days=30, seconds=-1))
    assert ui.get("/me").status_code == 200
    clock.shift(timedelta(seconds=1))
    assert ui.get("/me").json_body["code"] == "missing_api_key"


def test_neither_link_nor_session_is_stored_in_clear(web: Api, aws: str) -> None:
    from chalicelib.auth.sessions import SessionItem
    from chalicelib.sign_in.table import LinkItem

    web.post("/auth/sign-in", {"email": EMAIL})
    token = _token(aws)
    assert all(token not in row.key for row in LinkItem.scan())
    session = _session(web.get(f"/auth/callback?token={token}"))
    assert [session in row.digest for row in SessionItem.scan()] == [False]
