"""Contacts of new leads are looked for by themselves, where the stream asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest
import time_machine

from chalicelib import wiring
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.enrichment.table import ContactItem
from chalicelib.leads.table import LeadItem
from chalicelib.queues import Message
from chalicelib.runs import pipeline
from chalicelib.runs.jobs import EnrichLeads
from chalicelib.runs.steps.enrich import enrich_leads
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.finder_world import HUNTER, PDL, PROSPEO, FinderWorld, finder_world
from tests.pipeline.killer import LEASE_AND_MORE, Killed, Killer, watching
from tests.pipeline.outbox import noted
from tests.queue_hand import QueueHand
from tests.worlds import MATCHING

PAGE = "https://linkedin.com/in/somebody"
STEPS = ("start_run", "scrape", "enrich")


@pytest.fixture
def finders(monkeypatch: pytest.MonkeyPatch) -> Iterator[FinderWorld]:
    with finder_world(monkeypatch) as world:
        yield world


def _balance(api: Api) -> int:
    user = UserItem.get(api.user_id, SELF, consistent_read=True)
    assert user.holds.as_dict() == {}
    return int(user.credits)


def _spent(api: Api) -> int:
    rows = LedgerItem.query(api.user_id, consistent_read=True)
    return -sum(row.amount for row in rows if row.entry.startswith("spend#"))


def _stream(api: Api, *, credits: int = 100, **fields: Any) -> int:
    """A stream that asks for LinkedIn pages, of a user with so many credits then."""
    asks = {"autoEnrichLinkedin": True, "syncTimes": [], **fields}
    stream_id = int(api.create_stream(**asks)["id"])
    UserItem(api.user_id, SELF).update(actions=[UserItem.credits.set(credits)])
    return stream_id


def _work(queues: QueueHand) -> None:
    while sum(queues.step(step, lambda handle, _: handle()) for step in STEPS):
        continue


def _read(queues: QueueHand) -> None:
    """Do what comes before judging."""
    for step in STEPS[:2]:
        while queues.step(step, lambda handle, _: handle()):
            continue


def _run(api: Api, queues: QueueHand, stream_id: int, order: str = "run") -> dict[str, Any]:
    answer = api.post(f"/streams/{stream_id}/{order}")
    assert answer.status_code == 202, answer.body
    _work(queues)
    return _newest(api, stream_id)


def _newest(api: Api, stream_id: int) -> dict[str, Any]:
    return dict(api.get(f"/streams/{stream_id}/runs?limit=1").json_body["runs"][0])


def _enriched(api: Api, stream_id: int) -> list[dict[str, Any]]:
    leads = api.get(f"/streams/{stream_id}/leads?lifecycle=all&limit=500").json_body["leads"]
    return [lead["enrichment"] for lead in leads if lead["enrichment"]]


def _lines(run: dict[str, Any]) -> list[str]:
    return [line["message"] for line in run["progressLog"] if line["step"] == "enrich"]


@pytest.mark.usefixtures("x_world")
def test_new_leads_come_with_their_contacts(
    api: Api, queues: QueueHand, finders: FinderWorld
) -> None:
    finders.pdl_finds(linkedin_url=PAGE)
    stream_id = _stream(api)
    run = _run(api, queues, stream_id)
    assert (run["status"], run["enrichedCount"]) == ("succeeded", MATCHING)
    assert _lines(run) == [f"contacts found of {MATCHING} of {MATCHING} leads"]
    found = _enriched(api, stream_id)
    assert [each["linkedinUrl"] for each in found] == [PAGE] * MATCHING
    assert (_balance(api), _spent(api)) == (100 - MATCHING, MATCHING)
    steps = [line["step"] for line in run["progressLog"]]
    assert steps.index("classify") < steps.index("enrich") < steps.index("store")


@pytest.mark.usefixtures("x_world")
def test_a_stream_that_does_not_ask_spends_nothing(
    api: Api, queues: QueueHand, finders: FinderWorld
) -> None:
    finders.pdl_finds(linkedin_url=PAGE)
    run = _run(api, queues, _stream(api, autoEnrichLinkedin=False))
    assert (run["enrichedCount"], _lines(run), finders.asked) == (0, [], [])
    assert _balance(api) == 100


@pytest.mark.usefixtures("x_world")
def test_both_outputs_in_the_streams_own_mode(
    api: Api, queues: QueueHand, finders: FinderWorld
) -> None:
    finders.pdl_finds(linkedin_url=PAGE)
    finders.prospeo_finds("somebody@tidewater.example")
    stream_id = _stream(api, credits=500, autoEnrichEmail=True, emailMode="verified")
    run = _run(api, queues, stream_id)
    assert run["enrichedCount"] == MATCHING
    assert {each["emailStatus"] for each in _enriched(api, stream_id)} == {"verified"}
    assert _spent(api) == 2 * MATCHING


@pytest.mark.usefixtures("x_world")
def test_nothing_found_costs_nothing(api: Api, queues: QueueHand, finders: FinderWorld) -> None:
    run = _run(api, queues, _stream(api))
    assert (run["status"], run["enrichedCount"]) == ("succeeded", 0)
    assert _lines(run) == [f"contacts found of 0 of {MATCHING} leads"]
    assert (_balance(api), _spent(api)) == (100, 0)


@pytest.mark.usefixtures("x_world")
def test_credits_that_run_out_stop_it_quietly(
    api: Api, queues: QueueHand, finders: FinderWorld
) -> None:
    finders.pdl_finds(linkedin_url=PAGE)
    stream_id = _stream(api, credits=7)
    run = _run(api, queues, stream_id)
    assert (run["status"], run["enrichedCount"], run["errorMessage"]) == ("succeeded", 7, None)
    assert _lines(run) == ["contacts found of 7 of 7 leads; stopped: no credits left"]
    assert (_balance(api), len(_enriched(api, stream_id))) == (0, 7)
    assert run["candidatesPassedCount"] == MATCHING


@pytest.mark.usefixtures("x_world")
def test_finders_that_do_not_answer_fail_no_run(
    api: Api, queues: QueueHand, finders: FinderWorld
) -> None:
    finders.refuse(PDL, HUNTER, PROSPEO)
    run = _run(api, queues, _stream(api))
    assert (run["status"], run["enrichedCount"]) == ("succeeded", 0)
    assert _lines(run) == [f"{MATCHING} leads could not be looked up"]
    assert (_balance(api), _spent(api)) == (100, 0)


@pytest.mark.usefixtures("x_world")
def test_each_lead_is_looked_up_once(api: Api, queues: QueueHand, finders: FinderWorld) -> None:
    """Messages come twice, and a job's time is over after every lead."""
    finders.pdl_finds(linkedin_url=PAGE)
    stream_id = _stream(api)
    with noted() as sent:
        assert api.post(f"/streams/{stream_id}/run").status_code == 202
        while sum(queues.step(step, _twice) for step in STEPS):
            continue
    run = _newest(api, stream_id)
    assert (run["status"], run["enrichedCount"]) == ("succeeded", MATCHING)
    assert finders.asked.count(PDL) == MATCHING
    assert _spent(api) == MATCHING
    for entry in sent:
        if entry["body"].get("kind") == "enrich_leads":  # late, when the run is over
            queues.hand("enrich", entry["MessageBody"])
    assert finders.asked.count(PDL) == MATCHING


def _twice(handle: Any, again: Any) -> None:
    handle()
    again()


@pytest.mark.usefixtures("x_world")
def test_a_job_out_of_time_hands_the_rest_on(
    api: Api, queues: QueueHand, finders: FinderWorld
) -> None:
    finders.pdl_finds(linkedin_url=PAGE)
    stream_id = _stream(api)
    with noted() as sent:
        assert api.post(f"/streams/{stream_id}/run").status_code == 202
        while not any(entry["body"].get("kind") == "enrich_leads" for entry in sent):
            assert sum(queues.step(step, lambda handle, _: handle()) for step in STEPS)
    job = next(entry for entry in sent if entry["body"].get("kind") == "enrich_leads")
    body, steps = job["MessageBody"], 0
    while body:
        with noted() as handed:
            looks = iter((1.0, 1.0))  # time for two leads
            job_now = EnrichLeads.model_validate_json(body)
            enrich_leads(job_now, wiring.contacts, lambda looks=looks: next(looks, 0.0))  # type: ignore[misc]
        following = [e for e in handed if e["body"].get("kind") == "enrich_leads"]
        body, steps = (following[0]["MessageBody"] if following else ""), steps + 1
    assert steps > 3
    _work(queues)
    run = _newest(api, stream_id)
    assert (run["status"], run["enrichedCount"]) == ("succeeded", MATCHING)
    assert finders.asked.count(PDL) == MATCHING


@pytest.mark.usefixtures("x_world")
def test_a_retest_looks_up_those_alone_whom_it_finds(
    api: Api, queues: QueueHand, finders: FinderWorld
) -> None:
    finders.pdl_finds(linkedin_url=PAGE)
    stream_id = _stream(api)
    _run(api, queues, stream_id)
    asked = finders.asked.count(PDL)
    unmatched = [lead for lead in _leads(api) if lead.confidence is not None][:5]
    for lead in unmatched:  # as if the segment had been narrower when they were judged
        lead.update(actions=[LeadItem.confidence.remove(), LeadItem.enrichment.remove()])
        ContactItem(str(lead.profile["id"]), api.user_id).delete()
    run = _run(api, queues, stream_id, "re-test")
    assert (run["mode"], run["enrichedCount"]) == ("re-test", 5)
    assert finders.asked.count(PDL) == asked + 5


def _leads(api: Api) -> list[LeadItem]:
    return [
        row for row in LeadItem.scan() if isinstance(row, LeadItem) and row.user_id == api.user_id
    ]


@pytest.mark.usefixtures("x_world", "finders")
def test_a_job_that_always_fails_holds_no_run_open(api: Api, queues: QueueHand) -> None:
    def broken() -> Any:
        raise LookupError("on purpose")

    def judge(body: str, *, is_last: bool) -> None:
        message = Message(body=body, is_repeat=True, is_last=is_last, until=inf)
        pipeline.judge(message, second_opinion=None, search=broken)

    stream_id = _stream(api)
    with noted() as sent:
        assert api.post(f"/streams/{stream_id}/run").status_code == 202
        _read(queues)
        while queues.step("enrich", lambda _handle, _again: None):  # the test hands them on
            continue
        for batch in [entry for entry in sent if "batch_no" in entry["body"]]:
            judge(batch["MessageBody"], is_last=False)
    jobs = [entry for entry in sent if entry["body"].get("kind") == "enrich_leads"]
    assert jobs
    for job in jobs:
        assert _newest(api, stream_id)["status"] == "running"
        for is_last in (False, True):
            with pytest.raises(LookupError):
                judge(job["MessageBody"], is_last=is_last)
    run = _newest(api, stream_id)
    assert (run["status"], run["candidatesPassedCount"]) == ("succeeded", MATCHING)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_at_any_call_of_a_look_up(
    aws: str, x_world: Server, queues: QueueHand, finders: FinderWorld, when: str
) -> None:
    finders.pdl_finds(linkedin_url=PAGE)

    def outcome(number: int, killer: Killer, traveller: Any) -> dict[str, Any]:
        with Api.for_new_user(f"enrich{number}@example.org", subscribed=True) as api:
            stream_id = _stream(api, credits=3)
            with noted() as sent:
                assert api.post(f"/streams/{stream_id}/run").status_code == 202
                _read(queues)
                while not any(e["body"].get("kind") == "enrich_leads" for e in sent):
                    queues.step("enrich", lambda handle, _: handle())
            job = next(e for e in sent if e["body"].get("kind") == "enrich_leads")
            try:
                with watching(killer):
                    queues.hand("enrich", job["MessageBody"])
            except Killed:
                traveller.shift(max(LEASE_AND_MORE, 17 * 60))  # a forgotten hold comes back
                queues.hand("enrich", job["MessageBody"])
            _work(queues)
            run = _newest(api, stream_id)
            return {
                "run": (run["status"], run["enrichedCount"], run["errorMessage"]),
                "leads": len(_enriched(api, stream_id)),
                "spent": _spent(api),
                "balance": int(UserItem.get(api.user_id, SELF, consistent_read=True).credits),
            }

    with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=True) as traveller:
        killer = Killer(when)
        undisturbed = outcome(0, killer, traveller)
        assert undisturbed == {
            "run": ("succeeded", 3, None),
            "leads": 3,
            "spent": 3,
            "balance": 0,
        }
        sites = len(killer.calls)
        assert sites > 12
        for at in range(1, sites + 1):
            killer = Killer(when, at)
            assert outcome(at, killer, traveller) == undisturbed, killer.calls[at - 1]
