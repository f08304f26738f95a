"""A user who does anything at any time, as drawn numbers have it, beside the model of that user."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from chalicelib.billing.plans import LIVE
from localdev.stripe import pages
from localdev.stripe.faults import Fault
from localdev.stripe.refusals import Refusal
from tests.billing.dying import Death
from tests.billing.money_chances import KINDS, WEIGHTS, chance_of, death_by
from tests.billing.money_checks import check, state
from tests.billing.money_model import ORDER, Model
from tests.billing.money_world import FIGURES, MoneyWorld

HANDLES = ("orbitdesk", "tidewater", "fernhill_labs", "smallharbor")
PEOPLE = 30
"""Of the fake X, with an address in their bio."""
DAY = 86_400
BEGINNING = datetime(2031, 1, 1, tzinfo=UTC)

seeds = st.integers(0, 2**32)


class Money(RuleBasedStateMachine):
    """A user who does anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.world = MoneyWorld(BEGINNING)
        self.model = Model()
        self.ids: dict[str, int] = {}
        self.bought: dict[str, tuple[str, int]] = {}
        self.settled: str | None = None
        self.looked_up = 0
        self.story: list[int] = []
        self._is_well = True

    def teardown(self) -> None:
        try:
            if self._is_well:
                with self._told():
                    self._heal(chance_of(1))
        finally:
            self.world.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong within is raised with the story, and with how to see it again."""
        try:
            yield
        except Exception as fault:
            self._is_well = False
            again = f"make soak STORY={','.join(map(str, self.story))}"
            fault.add_note("\n".join([*self.world.told, state(self.world, self.model), again]))
            raise

    def _pass_time(self, seconds: int) -> None:
        self.world.pass_time(seconds)
        self.model.pass_time(self.world.stripe.books.now())

    def _post(self, path: str, body: Any, death: Death | None) -> int | None:
        self._pass_time(61)
        answer = self.world.act(lambda: self.world.api.post(path, body), death)
        status = None if answer is None else answer.status_code
        self.world.tell(f"POST {self._named(path)} {body or ''}: {status}")
        self._note_settled()
        assert answer is None or answer.status_code != 500, answer.body
        return status

    def _named(self, path: str) -> str:
        """With handles for ids, which are others in each telling."""
        handles = {str(account_id): handle for handle, account_id in self.ids.items()}
        return "/".join(handles.get(part, part) for part in path.split("/"))

    def _note_settled(self) -> None:
        """A subscription that our tables heard of seats the accounts as they were then."""
        known = self.world.user.subscription_id
        if known != self.settled and known in self.bought:
            self.settled = known
            self.model.buy(*self.bought[known])

    @initialize(seed=seeds)
    def begin(self, seed: int) -> None:
        """Most users have bought something. They come on any day of the month."""
        self.story.append(seed)
        chance = chance_of(seed)
        with self._told():
            self._pass_time(chance.randrange(2 * 365 * DAY))
            if chance.random() < 0.8:
                self._checkout(chance)
                self._work(chance)

    @rule(seed=seeds)
    def act(self, seed: int) -> None:
        """Anything, as chance has it; hypothesis says which chance."""
        chance = chance_of(seed * 1_000 + len(self.story))
        self.story.append(seed)
        name = chance.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        self.world.tell(f"-- {len(self.story) - 1}: {name}")
        FIGURES.steps += 1
        FIGURES.actions[name] += 1
        with self._told():
            self._pass_time(0)
            getattr(self, f"_{name}")(chance)

    def _some(self, chance: random.Random, *, awake: bool) -> str:
        """The handle of an account, mostly of one that is awake, or asleep, as wanted."""
        suited = [
            handle
            for handle, account_id in self.ids.items()
            if self.model.accounts[account_id].is_awake == awake
        ]
        return chance.choice(suited if suited and chance.random() < 0.9 else HANDLES)

    def _create(self, chance: random.Random) -> None:
        handle, tier, death = chance.choice(HANDLES), chance.choice(ORDER), death_by(chance)
        segment = {"description": "founders"}
        pair = {"accountHandle": handle, "accountTier": tier, "segment": segment}
        status = self._post("/streams", {"pairs": [pair], "syncTimes": []}, death)
        assert status in (None, 201, 403, 502), status
        rows = self.world.accounts()
        for account_id, row in rows.items():
            if account_id not in self.model.accounts:
                self.ids[row.handle] = account_id
                self.model.add(account_id, tier)
            elif row.is_awake:
                self.model.wake(account_id)

    def _wake(self, chance: random.Random) -> None:
        handle, death = self._some(chance, awake=False), death_by(chance)
        if handle in self.ids:
            self._post(f"/accounts/{self.ids[handle]}/wake", None, death)
            if self.world.accounts()[self.ids[handle]].is_awake:
                self.model.wake(self.ids[handle])

    def _sleep(self, chance: random.Random) -> None:
        handle, death = self._some(chance, awake=True), death_by(chance)
        if handle in self.ids:
            status = self._post(f"/accounts/{self.ids[handle]}/sleep", None, death)
            assert status in (None, 200)
            if not self.world.accounts()[self.ids[handle]].is_awake:
                self.model.sleep(self.ids[handle])

    def _change_tier(self, chance: random.Random) -> None:
        handle, tier, death = self._some(chance, awake=True), chance.choice(ORDER), death_by(chance)
        if handle not in self.ids:
            return
        before = self.world.accounts()[self.ids[handle]].version
        path = f"/accounts/{self.ids[handle]}/change-tier"
        status, ends = self._post(path, {"newTier": tier}, death), self.world.period_end()
        row = self.world.accounts()[self.ids[handle]]
        assert row.version == before
        is_done = tier in (row.pending_tier, None if row.pending_tier else row.tier)
        if status == 200 or (status is None and is_done and row.is_awake):
            assert is_done
            self.model.change(self.ids[handle], tier, ends or 0)

    def _checkout(self, chance: random.Random) -> None:
        """Pay on Stripe's page, at times on two pages in two tabs."""
        self._heal(chance)
        wishes = [
            (chance.choice(ORDER), chance.randint(1, 3)) for _ in range(chance.choice([1, 1, 2]))
        ]
        pages_open = []
        for wish in wishes:
            body = {"tier": wish[0], "quantity": wish[1]}
            answer = self.world.api.post("/billing/checkout", body)
            if self.world.user.status in LIVE:
                assert answer.status_code == 409
                return
            assert answer.status_code == 200, answer.body
            pages_open.append((answer.json_body["url"].rpartition("/")[2], wish))
        for session, wish in dict(pages_open).items():
            try:
                done = pages.complete(self.world.stripe.books, session)
            except Refusal:
                continue  # the card was declined, or the page was used before
            self.bought[done["subscription"]] = wish
            self.world.tell(f"bought {wish}: {done['subscription']}")

    def _portal(self, chance: random.Random) -> None:
        """What the user does in Stripe's portal."""
        action = chance.choice(["resume", "cancel", "cancel at once", "good card", "bad card"])
        books = self.world.stripe.books
        self.world.tell(f"portal: {action}")
        if action.endswith("card"):
            for each in books.all("customer"):
                books.cards[each["id"]] = "ok" if action == "good card" else "declined"
            return
        for each in self.world.live():
            if action != "resume":
                pages.cancel_in_portal(books, each["id"], at_once=action == "cancel at once")
            elif each["cancel_at_period_end"] and not each["schedule"]:
                pages.resume_in_portal(books, each["id"])

    def _wait(self, chance: random.Random) -> None:
        """Let time pass; None takes the user to the period's end."""
        seconds = chance.choice([None, None, 3600, DAY, 4 * DAY])
        if seconds is None:
            seconds = max(0, (self.world.period_end() or 0) - self.world.stripe.books.now() + 1)
        self._pass_time(seconds)

    def _fault(self, chance: random.Random) -> None:
        """Stripe fails at the next calls."""
        FIGURES.faults += 1
        kind, times = chance.choice(KINDS), chance.randint(1, 6)
        match = chance.choice(["", "POST"])
        self.world.tell(f"fault: {kind} {match} {times} times")
        self.world.stripe.service.faults.waiting.append(Fault(match, kind, times=times))

    def _turn(self, chance: random.Random) -> None:
        """A downgrade, the period's end, and a change before Stripe's news of it is here."""
        self._change_tier(chance)
        self._wait(chance)
        getattr(self, chance.choice(["_create", "_wake", "_sleep", "_change_tier"]))(chance)

    def _events(self, chance: random.Random) -> None:
        self._pass_time(61)
        self.world.deliver(chance, death_by(chance))
        self._note_settled()

    def _lose(self, chance: random.Random) -> None:
        self.world.lose(chance)

    def _work(self, chance: random.Random) -> None:
        """Every event comes and every queue is worked off; Stripe may still fail."""
        while self.world.events:
            self._pass_time(61)
            self.world.deliver(chance)
        self._note_settled()

    def _run(self, chance: random.Random) -> None:
        """A sync or a re-test takes from its budget what it queues."""
        handle, mode = chance.choice(HANDLES), chance.choice(["run", "re-test"])
        account_id = self.ids.get(handle)
        for stream in self.world.streams():
            if [pair.account_id for pair in stream.pairs] != [account_id]:
                continue
            answer = self.world.api.post(f"/streams/{stream.stream_id}/{mode}")
            queued = len(answer.json_body.get("queued", ())) if answer.status_code == 202 else 0
            self.world.tell(f"{mode} @{handle}: {answer.status_code}, {queued} queued")
            if queued:
                self._count(int(account_id or 0), mode)
            self.world.work(chance)
            self._note_settled()
            return

    def _count(self, account_id: int, mode: str) -> None:
        row = self.world.accounts()[account_id]
        if mode == "run":
            self.model.syncs[account_id, str(row.slot_triggers[-1][:10])] += 1
        else:
            self.model.retests[account_id, str(row.retest_period)] += 1

    def _look_up(self, _: random.Random) -> None:
        """Another person whose bio has an address: one credit, if there is one."""
        if self.looked_up == PEOPLE:
            return
        body = {"x_handle": f"person_{self.looked_up:03d}"}
        answer = self.world.api.post("/lookups/enrich-email", body)
        assert answer.status_code in (200, 429), answer.body
        if answer.status_code == 200:
            assert answer.json_body["result"]["email"] is not None
            self.looked_up += 1
            self.model.spent += 1

    def _heal(self, chance: random.Random) -> None:
        self.world.stripe.recover()
        while self.world.events:
            self._pass_time(61)
            self.world.deliver(chance)
            self._note_settled()
        self.world.heal(chance)
        self._note_settled()
        self.model.pass_time(self.world.stripe.books.now())
        check(self.world, self.model)
