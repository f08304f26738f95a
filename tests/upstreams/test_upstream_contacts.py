"""The e-mail finders: what they are asked, what their answers mean, what their trouble means."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from upstream_fakes import Clock, Script, answer, transport

from chalicelib.upstreams import hunter, people_data_labs, prospeo
from chalicelib.upstreams.contacts import Email, Found, LinkedIn, Person
from chalicelib.upstreams.errors import (
    Claimed,
    Down,
    Missing,
    OutOfCredits,
    RateLimited,
    Refused,
    Rejected,
    UpstreamFault,
)
from chalicelib.upstreams.hunter import Hunter
from chalicelib.upstreams.people_data_labs import PeopleDataLabs
from chalicelib.upstreams.prospeo import Prospeo

PAGE = "https://linkedin.com/in/marisol-vega"
NAMED = Person(handle="marisol_ops", name=("Marisol", "Vega"), domain="tidewater.example")
LINKED = Person(handle="marisol_ops", linkedin_url=PAGE)
BARE = Person(handle="marisol_ops", name=("Marisol", "Vega"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _pdl(script: Script, clock: Clock) -> PeopleDataLabs:
    return PeopleDataLabs(transport(script, clock, attempts=2))


def _hunter(script: Script, clock: Clock) -> Hunter:
    return Hunter(transport(script, clock, statuses=hunter.STATUSES, attempts=2))


def _prospeo(script: Script, clock: Clock) -> Prospeo:
    return Prospeo(transport(script, clock, named_faults=prospeo.NAMED_FAULTS, attempts=2))


class TestPeopleDataLabs:
    @pytest.mark.parametrize(
        ("data", "likelihood", "found"),
        [
            (
                {
                    "linkedin_url": "linkedin.com/in/marisol-vega",
                    "work_email": "Marisol@tidewater.example",
                    "job_company_website": "tidewater.example",
                },
                9,
                Found(
                    linkedin=LinkedIn(PAGE, "high", "people_data_labs"),
                    email=Email("marisol@tidewater.example", "unverified", "people_data_labs"),
                    domain="tidewater.example",
                ),
            ),
            (
                {"linkedin_url": "linkedin.com/in/marisol-vega"},
                5,
                Found(linkedin=LinkedIn(PAGE, "medium", "people_data_labs")),
            ),
            (
                {"recommended_personal_email": "m@home.example", "emails": []},
                9,
                Found(email=Email("m@home.example", "unverified", "people_data_labs")),
            ),
            (
                {"emails": [{"address": "m@work.example", "type": "professional"}]},
                9,
                Found(email=Email("m@work.example", "unverified", "people_data_labs")),
            ),
            (
                {"work_email": True, "personal_emails": True, "linkedin_url": True, "emails": True},
                9,
                Found(),
            ),
            ({"job_company_website": "linkedin.com"}, None, Found()),
            (None, 9, Found()),
        ],
    )
    def test_answers(self, clock: Clock, data: Any, likelihood: int | None, found: Found) -> None:
        script = Script(answer({"status": 200, "likelihood": likelihood, "data": data}))
        assert _pdl(script, clock).find(BARE, "any", clock.errand()) == found
        assert script.paths == ["/v5/person/enrich"]
        assert script.query() == {"profile": "twitter.com/marisol_ops", "min_likelihood": "4"}

    @pytest.mark.parametrize(
        ("status", "kind", "fault"),
        [
            (404, "not_found", Missing),
            (400, "invalid_request_error", Rejected),
            (401, "authentication_error", Refused),
            (402, "payment_required", OutOfCredits),
            (429, "rate_limit_error", RateLimited),
            (500, "api_error", Down),
        ],
    )
    def test_trouble(
        self, clock: Clock, status: int, kind: str, fault: type[UpstreamFault]
    ) -> None:
        body = {"status": status, "error": {"type": kind, "message": "said so"}}
        with pytest.raises(UpstreamFault) as caught:
            _pdl(Script(answer(body, status)), clock).find(BARE, "any", clock.errand())
        assert type(caught.value) is fault

    def test_a_handle_is_enough(self, clock: Clock) -> None:
        assert _pdl(Script(answer({})), clock).can_look_for(BARE)


def _hunter_body(**data: Any) -> dict[str, Any]:
    return {"data": data, "meta": {"params": {}}}


class TestHunter:
    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [
            ("valid", "verified"),
            ("accept_all", "accept_all"),
            ("unknown", "unverified"),
            ("webmail", "unverified"),
            (None, "unverified"),
            ("something new", "unverified"),
            ("invalid", None),
            ("disposable", None),
        ],
    )
    def test_statuses(self, clock: Clock, theirs: str | None, ours: Any) -> None:
        body = _hunter_body(email="Marisol@tidewater.example", verification={"status": theirs})
        found = _hunter(Script(answer(body)), clock).find(NAMED, "any", clock.errand())
        assert found.email == (ours and Email("marisol@tidewater.example", ours, "hunter"))

    @pytest.mark.parametrize(
        ("person", "asked"),
        [
            (
                NAMED,
                {"domain": "tidewater.example", "first_name": "Marisol", "last_name": "Vega"},
            ),
            (LINKED, {"linkedin_handle": "marisol-vega"}),
        ],
    )
    def test_what_is_asked(self, clock: Clock, person: Person, asked: dict[str, str]) -> None:
        script = Script(answer(_hunter_body(email=None)))
        assert _hunter(script, clock).find(person, "any", clock.errand()) == Found()
        assert script.paths == ["/v2/email-finder"]
        assert script.query() == {**asked, "max_duration": "10"}

    @pytest.mark.parametrize(
        ("twitter", "confidence"),
        [(None, "medium"), ("marisol_ops", "high"), ("@Marisol_Ops", "high")],
    )
    def test_the_page_beside_the_address(
        self, clock: Clock, twitter: str | None, confidence: Any
    ) -> None:
        body = _hunter_body(
            email="m@tidewater.example",
            verification={"status": "valid"},
            linkedin_url="https://www.linkedin.com/in/marisol-vega",
            twitter=twitter,
        )
        found = _hunter(Script(answer(body)), clock).find(NAMED, "any", clock.errand())
        assert found.linkedin == LinkedIn(PAGE, confidence, "hunter")

    def test_an_address_of_somebody_else_is_none(self, clock: Clock) -> None:
        body = _hunter_body(email="m@tidewater.example", twitter="another_marisol")
        with pytest.raises(Missing):
            _hunter(Script(answer(body)), clock).find(NAMED, "any", clock.errand())

    @pytest.mark.parametrize(
        ("status", "id", "fault"),
        [
            (400, "wrong_params", Rejected),
            (401, "authentication_failed", Refused),
            (403, "too_many_requests", RateLimited),
            (404, "not_found", Missing),
            (422, "invalid_first_name", Rejected),
            (429, "usage_limit", OutOfCredits),
            (451, "claimed_email", Claimed),
            (500, "oops", Down),
        ],
    )
    def test_trouble(self, clock: Clock, status: int, id: str, fault: type[UpstreamFault]) -> None:
        """403 means too fast, 429 means used up, 451 is a person's wish: Hunter's own reading."""
        details = "Marisol Vega of tidewater.example"
        body = {"errors": [{"id": id, "code": status, "details": details}]}
        with pytest.raises(UpstreamFault) as caught:
            _hunter(Script(answer(body, status)), clock).find(NAMED, "any", clock.errand())
        assert type(caught.value) is fault
        assert "Marisol" not in str(caught.value)

    @pytest.mark.parametrize(("person", "enough"), [(NAMED, True), (LINKED, True), (BARE, False)])
    def test_what_is_enough(self, clock: Clock, person: Person, enough: bool) -> None:
        assert _hunter(Script(answer({})), clock).can_look_for(person) is enough


class TestProspeo:
    @pytest.mark.parametrize(
        ("email", "found"),
        [
            (
                {"status": "VERIFIED", "revealed": True, "email": "Marisol@tidewater.example"},
                Email("marisol@tidewater.example", "verified", "prospeo"),
            ),
            (
                {"status": "UNVERIFIED", "revealed": True, "email": "m@tidewater.example"},
                Email("m@tidewater.example", "unverified", "prospeo"),
            ),
            ({"status": "VERIFIED", "revealed": False, "email": "m****@tidewater.example"}, None),
            ({"status": "UNAVAILABLE", "email": None}, None),
            (None, None),
        ],
    )
    def test_answers(self, clock: Clock, email: Any, found: Email | None) -> None:
        script = Script(answer({"error": False, "person": {"email": email}, "company": {}}))
        got = _prospeo(script, clock).find(NAMED, "any", clock.errand())
        assert got == Found(email=found)

    def test_page_and_site(self, clock: Clock) -> None:
        body = {
            "error": False,
            "person": {"linkedin_url": "https://www.linkedin.com/in/marisol-vega"},
            "company": {"website": "https://tidewater.example"},
        }
        found = _prospeo(Script(answer(body)), clock).find(NAMED, "any", clock.errand())
        page = LinkedIn(PAGE, "medium", "prospeo")
        assert found == Found(linkedin=page, domain="tidewater.example")

    @pytest.mark.parametrize(
        ("person", "data"),
        [
            (
                NAMED,
                {
                    "first_name": "Marisol",
                    "last_name": "Vega",
                    "company_website": "tidewater.example",
                },
            ),
            (LINKED, {"linkedin_url": PAGE}),
        ],
    )
    @pytest.mark.parametrize(("mode", "only_verified"), [("any", False), ("verified", True)])
    def test_what_is_asked(
        self,
        clock: Clock,
        person: Person,
        data: dict[str, str],
        mode: Any,
        only_verified: bool,
    ) -> None:
        script = Script(answer({"error": False, "person": {}}))
        _prospeo(script, clock).find(person, mode, clock.errand())
        assert script.paths == ["/enrich-person"]
        assert script.body() == {"only_verified_email": only_verified, "data": data}

    @pytest.mark.parametrize(
        ("status", "code", "fault"),
        [
            (400, "NO_MATCH", Missing),
            (200, "NO_MATCH", Missing),
            (400, "INSUFFICIENT_CREDITS", OutOfCredits),
            (400, "INVALID_API_KEY", Refused),
            (401, "INVALID_API_KEY", Refused),
            (400, "INVALID_DATAPOINTS", Rejected),
            (400, "DEPRECATED", Rejected),
            (429, "RATE_LIMITED", RateLimited),
            (500, "INTERNAL_ERROR", Down),
        ],
    )
    def test_trouble(
        self, clock: Clock, status: int, code: str, fault: type[UpstreamFault]
    ) -> None:
        script = Script(answer({"error": True, "error_code": code}, status))
        with pytest.raises(UpstreamFault) as caught:
            _prospeo(script, clock).find(NAMED, "any", clock.errand())
        assert type(caught.value) is fault

    @pytest.mark.parametrize(("person", "enough"), [(NAMED, True), (LINKED, True), (BARE, False)])
    def test_what_is_enough(self, clock: Clock, person: Person, enough: bool) -> None:
        assert _prospeo(Script(answer({})), clock).can_look_for(person) is enough


def test_what_each_is_for() -> None:
    assert (people_data_labs.PeopleDataLabs.verifies, Hunter.verifies, Prospeo.verifies) == (
        False,
        True,
        True,
    )


def test_silence_is_down(clock: Clock) -> None:
    with pytest.raises(Down):
        _hunter(Script(httpx.ReadTimeout("silent")), clock).find(NAMED, "any", clock.errand())
