"""The order in which finders are asked, and what their answers together amount to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from chalicelib.enrichment.chain import BUDGET_SECONDS, Chain, Search
from chalicelib.enrichment.providers import build_chain
from chalicelib.profile import Profile
from chalicelib.upstreams import Errand
from chalicelib.upstreams.contacts import (
    EMAIL,
    LINKEDIN,
    Email,
    EmailMode,
    Found,
    LinkedIn,
    Output,
    Person,
)
from chalicelib.upstreams.errors import Claimed, Down, Missing, Refused, Rejected, UpstreamFault
from chalicelib.upstreams.health import Health

BOTH: tuple[Output, ...] = (LINKEDIN, EMAIL)
NOBODY = Profile(id="1", handle="marisol_ops", name="Marisol Vega")
SITED = Profile(id="1", handle="marisol_ops", name="Marisol Vega", url="https://tidewater.example")
PAGE = LinkedIn("https://linkedin.com/in/marisol-vega", "high", "first")


def _mail(status: Any, provider: str = "first") -> Email:
    return Email(f"marisol@{status.replace('_', '')}.example", status, provider)


@dataclass
class Finder:
    """Answers what it is told to, and remembers of whom it was asked."""

    name: str = "first"
    answer: Found | UpstreamFault = field(default_factory=Found)
    finds: frozenset[Output] = frozenset(BOTH)
    verifies: bool = True
    needs: Callable[[Person], object] = lambda person: person.handle
    asked: list[Person] = field(default_factory=list)
    until: list[datetime] = field(default_factory=list)

    def can_look_for(self, person: Person) -> bool:
        return bool(self.needs(person))

    def find(self, person: Person, mode: EmailMode, errand: Errand) -> Found:  # noqa: ARG002
        self.asked.append(person)
        self.until.append(errand.until)
        if isinstance(self.answer, UpstreamFault):
            raise self.answer
        return self.answer


NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def _chain(*finders: Finder) -> Chain:
    return Chain(finders, Health(now=lambda: NOON), now=lambda: NOON)


def _look_up(
    *finders: Finder,
    profile: Profile = NOBODY,
    outputs: tuple[Output, ...] = BOTH,
    mode: EmailMode = "any",
) -> Search:
    return _chain(*finders).look_up(profile, outputs, mode)


def test_what_the_profile_states_needs_nobody() -> None:
    finder = Finder()
    profile = Profile(id="1", handle="m", bio="m@tidewater.example linkedin.com/in/marisol")
    found = _look_up(finder, profile=profile)
    assert found.email is not None
    assert found.linkedin is not None
    assert finder.asked == []


def test_without_a_provider_nothing_is_found_and_nothing_failed() -> None:
    found = _look_up()
    assert (found.linkedin, found.email, found.failed) == (None, None, frozenset())


def test_each_is_asked_for_what_is_missing_until_nothing_is() -> None:
    first = Finder(answer=Found(linkedin=PAGE))
    second = Finder("second", Found(email=_mail("accept_all", "second")))
    third = Finder("third", Found(email=_mail("verified", "third")))
    found = _look_up(first, second, third)
    assert found.linkedin == PAGE
    assert found.email == _mail("accept_all", "second")
    assert third.asked == []


def test_what_was_not_asked_for_is_a_clue_and_no_result() -> None:
    first = Finder(answer=Found(linkedin=PAGE, domain="tidewater.example"))
    second = Finder("second", Found(email=_mail("verified")))
    found = _look_up(first, second, outputs=(EMAIL,))
    assert found.linkedin is None
    assert second.asked == [
        Person(
            handle="marisol_ops",
            name=("Marisol", "Vega"),
            domain="tidewater.example",
            linkedin_url=PAGE.url,
        )
    ]


@pytest.mark.parametrize("status", ["likely", "accept_all", "unverified"])
def test_mode_verified_goes_on_after_an_address_of_less(status: str) -> None:
    first = Finder(answer=Found(email=_mail(status)))
    second = Finder("second", Found(email=_mail("verified", "second")))
    found = _look_up(first, second, outputs=(EMAIL,), mode="verified")
    assert found.email == _mail("verified", "second")
    assert second.asked[0].domain == f"{status.replace('_', '')}.example"


def test_mode_verified_finds_nothing_in_an_address_of_less() -> None:
    found = _look_up(
        Finder(answer=Found(email=_mail("accept_all"))), outputs=(EMAIL,), mode="verified"
    )
    assert (found.email, found.failed) == (None, frozenset())


def test_who_cannot_vouch_is_not_asked_for_a_verified_address() -> None:
    finder = Finder(verifies=False)
    _look_up(finder, outputs=(EMAIL,), mode="verified")
    assert finder.asked == []
    _look_up(finder, outputs=BOTH, mode="verified")
    _look_up(finder, outputs=(EMAIL,), mode="any")
    assert len(finder.asked) == 2


def test_who_knows_too_little_is_not_asked() -> None:
    finder = Finder(needs=lambda person: person.domain)
    _look_up(finder)
    assert finder.asked == []
    _look_up(finder, profile=SITED)
    assert len(finder.asked) == 1


@pytest.mark.parametrize(
    ("answers", "failed"),
    [
        ([Found()], set()),
        ([Missing("first", "404")], set()),
        ([Rejected("first", "422")], set()),
        ([Down("first", "503")], {LINKEDIN, EMAIL}),
        ([Refused("first", "401")], {LINKEDIN, EMAIL}),
        ([Down("first", "503"), Found()], set()),
        ([Found(), Down("second", "503")], set()),
        ([Down("first", "503"), Down("second", "503")], {LINKEDIN, EMAIL}),
        ([Down("first", "503"), Found(linkedin=PAGE)], set()),
        ([Found(linkedin=PAGE), Down("second", "503")], set()),
    ],
)
def test_an_output_failed_when_nobody_who_was_asked_for_it_answered(
    answers: list[Found | UpstreamFault], failed: set[Output]
) -> None:
    finders = [Finder(str(number), each) for number, each in enumerate(answers)]
    assert _look_up(*finders).failed == failed


def test_each_output_fails_for_itself() -> None:
    pages = Finder(answer=Found(linkedin=PAGE), finds=frozenset({LINKEDIN}))
    mails = Finder("second", Down("second", "503", 7), finds=frozenset({EMAIL}))
    found = _look_up(pages, mails)
    assert (found.linkedin, found.failed, found.retry_after) == (PAGE, {EMAIL}, 7)


def test_a_claimed_address_ends_the_search_for_it() -> None:
    first = Finder(answer=Claimed("first", "451"), finds=frozenset({EMAIL}))
    second = Finder("second", Found(linkedin=PAGE, email=_mail("verified")))
    found = _look_up(first, second)
    assert (found.is_claimed, found.email, found.linkedin) == (True, None, PAGE)
    assert found.failed == frozenset()


def test_a_provider_that_is_known_to_be_down_is_not_asked_again() -> None:
    finder = Finder(answer=Refused("first", "401"))
    chain = _chain(finder)
    assert chain.look_up(NOBODY, (EMAIL,), "any").failed == {EMAIL}
    again = chain.look_up(NOBODY, (EMAIL,), "any")
    assert again.failed == {EMAIL}
    assert again.retry_after > 60
    assert len(finder.asked) == 1


def test_each_gets_an_equal_share_of_the_time() -> None:
    finders = [Finder("a"), Finder("b")]
    _look_up(*finders)
    shares = [finder.until[0] - NOON for finder in finders]
    assert shares == [timedelta(seconds=BUDGET_SECONDS / 2), timedelta(seconds=BUDGET_SECONDS)]


class TestBuilding:
    KEYS: dict[str, str] = {  # noqa: RUF012 - read only
        "pdl_base_url": "http://pdl.test",
        "pdl_api_key": "",
        "hunter_base_url": "http://hunter.test",
        "hunter_api_key": "",
        "prospeo_base_url": "http://prospeo.test",
        "prospeo_api_key": "",
    }

    def _asked(self, **keys: str) -> list[httpx.Request]:
        asked: list[httpx.Request] = []

        def wire(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(404, json={})

        chain = build_chain(**{**self.KEYS, **keys}, wire=httpx.MockTransport(wire))
        chain.look_up(SITED, BOTH, "any")
        return asked

    def test_a_key_switches_a_provider_on_and_they_are_asked_in_order(self) -> None:
        assert self._asked() == []
        hosts = [
            request.url.host
            for request in self._asked(pdl_api_key="p", hunter_api_key="h", prospeo_api_key="x")
        ]
        assert hosts == ["pdl.test", "hunter.test", "prospeo.test"]

    @pytest.mark.parametrize(
        ("setting", "header", "value"),
        [
            ("pdl_api_key", "x-api-key", "secret"),
            ("hunter_api_key", "authorization", "Bearer secret"),
            ("prospeo_api_key", "x-key", "secret"),
        ],
    )
    def test_each_gets_its_key_in_its_header(self, setting: str, header: str, value: str) -> None:
        (request,) = self._asked(**{setting: "secret"})
        assert request.headers[header] == value
        assert request.headers["user-agent"] == "ctgo/2"
        assert "secret" not in str(request.url)


@pytest.mark.parametrize(
    ("provider", "lie"),
    [
        ("hunter", {"errors": [{"id": "too_many_requests", "code": 429}]}),
        ("pdl", {"status": 402, "error": {"type": "payment_required", "message": "no"}}),
        ("pdl", {"status": 500}),
        ("prospeo", {"error": True, "error_code": "INSUFFICIENT_CREDITS"}),
        ("prospeo", {"error": True, "error_code": "INTERNAL_ERROR"}),
    ],
)
def test_a_success_that_carries_an_error_is_no_answer(provider: str, lie: Any) -> None:
    keys = {**TestBuilding.KEYS, f"{provider}_api_key": "k"}
    wire = httpx.MockTransport(lambda _: httpx.Response(200, json=lie))
    found = build_chain(**keys, wire=wire).look_up(SITED, (EMAIL,), "any")  # type: ignore[arg-type]
    assert (found.email, found.failed) == (None, {EMAIL})
