"""`make demo`: the whole chain on this machine, from a sentence to leads, told as it happens.

WORLD names a file of X profiles (JSON lines); without it a made-up world comes along.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from localdev import ending
from localdev.asked import Asked, Refused
from localdev.bootstrap import DeployFailed
from localdev.processes import BUNDLED_WORLD, LocalWorld

HANDLE = "orbitdesk"
SEGMENT = "Women who are founders or software engineers"
POLL_SECONDS = 1.1
"""A key may ask 60 times a minute."""
RUN_SECONDS = 240
"""How long a run may take before the demo gives up."""
ROWS = 15
"""Leads that the table shows."""
RECEIVER = "/hooks/demo"
"""Where the desk of this world takes the leads."""
WEBHOOK_SECONDS = 60
"""How long the last webhook may take."""
NEWCOMERS = 25
"""People who follow between the first run and the second."""


class Demo:
    """A caller of the API, with a screen."""

    def __init__(self, world: LocalWorld, console: Console) -> None:
        self._say = console.print
        self._console = console
        self._world = world
        self._api = httpx.Client(
            base_url=world.base_url,
            headers={"Authorization": f"Bearer {world.api_key}"},
            timeout=60,
        )

    def tell(self) -> None:
        """Create a stream, run it twice, show what was found. Raises SystemExit when it fails."""
        me = self._call("GET", "/me")
        self._say(f"Signed in as [bold]{me['name']}[/] ({me['subscriptionStatus']})")
        before = self._paid_slots()
        created = self._call("POST", "/streams", json=_stream())
        account = created["accounts"][0]
        self._say(
            f"Stream {created['id']}: followers of [bold]@{account['handle']}[/] on the pro tier "
            f"(billingDelta [bold]{account['billingDelta']}[/])"
        )
        self._say(
            f"Stripe was told: {_bill(before)} before, {_bill(self._paid_slots())} now\n"
            f"Looking for: [italic]{SEGMENT}[/]\n"
        )
        stream = f"/streams/{created['id']}"
        hook = self._subscribe()
        first, seconds = self._run(stream)
        self._show_leads(self._call("GET", f"{stream}/leads?limit={ROWS}"))
        self._show_summary(first, self._call("GET", f"{stream}/leads?summary=true"), seconds)

        grown = httpx.post(
            f"{self._world.x_world_url}/_control/grow",
            json={"handle": HANDLE, "count": NEWCOMERS},
            timeout=10,
        )
        grown.raise_for_status()
        self._say(f"\nMeanwhile {NEWCOMERS} more people follow @{HANDLE}. Second run:")
        second, _ = self._run(stream)
        new = second["newFollowersCount"]
        passed = second["candidatesPassedCount"]
        self._say(
            f"[bold]{new}[/] new followers read, {_counted(passed, 'lead')} among them; "
            f"nobody was read or judged a second time."
        )
        self._hold(first["candidatesPassedCount"], new)
        self._show_webhooks(hook, first["candidatesPassedCount"] + passed)
        self._say("\nThat was all. `make dev` keeps such a world running, with all that went out.")

    def _hold(self, leads: int, newcomers: int) -> None:
        """Raises SystemExit when the runs found something else than they should."""
        if not leads and self._world.world == BUNDLED_WORLD:
            raise SystemExit("the first run found no lead among the made-up people")
        if newcomers != NEWCOMERS:
            raise SystemExit(f"the second run read {newcomers} people instead of {NEWCOMERS}")

    def _paid_slots(self) -> dict[str, int]:
        """The quantities that the fake Stripe bills the user for, by price."""
        state = httpx.get(f"{self._world.stripe_url}/_control/state", timeout=10).json()
        (subscription,) = state["subscriptions"]
        return dict(subscription["quantities"])

    def _subscribe(self) -> int:
        """Have leads sent to a receiver of this world; returns the subscription's id."""
        path = RECEIVER
        made = self._call(
            "POST", "/webhooks/subscribe", json={"targetUrl": self._world.desk_url + path}
        )
        trusted = httpx.post(
            f"{self._world.desk_url}/_control/trust",
            json={"path": path, "secret": made["secret"]},
            timeout=10,
        )
        trusted.raise_for_status()
        self._say(f"Webhook {made['id']}: new leads go to {self._world.desk_url}{path}\n")
        return int(made["id"])

    def _show_webhooks(self, hook: int, leads: int) -> None:
        """Wait until all leads have arrived by webhook, and show that the signatures are right."""
        if not leads:
            self._say("\nNo leads, so no webhooks.")
            return
        began = time.monotonic()
        got: list[dict[str, Any]] = []
        while sum(_leads_in(each) for each in got) < leads:
            if time.monotonic() - began > WEBHOOK_SECONDS:
                raise SystemExit(f"{len(got)} webhooks arrived, fewer than it should be")
            time.sleep(POLL_SECONDS)
            answer = httpx.get(f"{self._world.desk_url}/_control/messages", timeout=10)
            got = [each for each in answer.json() if each["path"] == RECEIVER]
        if not all(each["verified"] for each in got):
            raise SystemExit("a webhook came with a wrong signature")
        last = got[-1]
        data, headers = last["body"]["data"], last["headers"]
        sent = self._delivered(hook, last["id"])
        attempt, person = sent["attempts"][-1], data["leads"][0]["profile"]
        self._say(
            f"\n{_counted(len(got), 'webhook')} brought {_counted(leads, 'lead')}; the receiver "
            "[bold green]verified[/] each signature (Standard Webhooks). The last one:\n"
            f"  webhook-id         {last['id']}\n"
            f"  webhook-timestamp  {headers['webhook-timestamp']}\n"
            f"  webhook-signature  {headers['webhook-signature']}\n"
            f"  body               {last['body']['type']} of run {data['runId']}, "
            f"{_counted(_leads_in(last), 'lead')}, the first @{person['handle']}\n"
            f"  answer             {attempt['status']} after {attempt['milliseconds']} ms: "
            f"{sent['status']} at attempt {len(sent['attempts'])}"
        )

    def _delivered(self, hook: int, message_id: str) -> dict[str, Any]:
        """A message as the API shows it, once its delivery is written down."""
        until = time.monotonic() + WEBHOOK_SECONDS
        while time.monotonic() < until:
            answer = self._call("GET", f"/webhooks/subscriptions/{hook}/messages?status=delivered")
            for message in answer["messages"]:
                if message["id"] == message_id:
                    return dict(message)
            time.sleep(POLL_SECONDS)
        raise SystemExit(f"webhook {message_id} is not delivered for the API")

    def _call(self, method: str, path: str, **options: Any) -> Any:
        while True:
            answer = self._api.request(method, path.lstrip("/"), **options)
            if answer.status_code != 429 or "Retry-After" not in answer.headers:
                break
            time.sleep(float(answer.headers["Retry-After"]))
        if answer.is_error:
            raise SystemExit(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return answer.json()

    def _run(self, stream: str) -> tuple[dict[str, Any], float]:
        began = time.monotonic()
        run_id = self._call("POST", f"{stream}/run")["queued"][0]["syncRunId"]
        with Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(),
            TextColumn(
                "{task.completed:.0f}/{task.total:.0f} followers, "
                "{task.fields[bots]} bots, {task.fields[leads]} leads"
            ),
            TimeElapsedColumn(),
            console=self._console,
        ) as progress:
            task = progress.add_task("queued", total=1, bots=0, leads=0)
            while time.monotonic() - began < RUN_SECONDS:
                run = self._call("GET", f"{stream}/runs/{run_id}")["run"]
                read = run["completeness"]
                progress.update(
                    task,
                    description=run["status"],
                    total=max(1, read["expected"], read["seen"]),
                    completed=read["seen"],
                    bots=run["skippedBots"],
                    leads=run["candidatesPassedCount"],
                )
                if run["completedAt"]:
                    break
                time.sleep(POLL_SECONDS)
            else:
                raise SystemExit(f"the run is {run['status']} after {RUN_SECONDS} s")
        if run["status"] != "succeeded":
            raise SystemExit(f"the run ended as {run['status']}: {run['errorMessage']}")
        return run, time.monotonic() - began

    def _show_leads(self, found: dict[str, Any]) -> None:
        table = Table(
            title=f"{_counted(found['total'], 'lead')}, the newest first", title_justify="left"
        )
        for heading in ("handle", "who they are", "why they matched", "confidence"):
            table.add_column(heading, overflow="fold")
        for lead in found["leads"]:
            person = lead["profile"]
            table.add_row(
                f"@{person['handle']}",
                " ".join((person["bio"] or person["displayName"] or "").split())[:110],
                "; ".join(lead["reasons"]),
                lead["matchConfidence"],
            )
        self._say(table)

    def _show_summary(self, run: dict[str, Any], summary: dict[str, int], seconds: float) -> None:
        stats = httpx.get(f"{self._world.x_world_url}/_control/stats", timeout=10).json()
        bots = next(line for line in run["progressLog"] if line["step"] == "filter_bots")
        self._say(
            f"Profiles seen   {run['newFollowersCount']} "
            f"(complete: {run['completeness']['complete']}, from {run['provider']})\n"
            f"Bots            {bots['message']}\n"
            f"Leads           {summary['highFitCount']} high, {summary['mediumFitCount']} medium\n"
            f"Seconds         {seconds:.1f}\n"
            f"Upstream calls  {_calls(stats)}",
            soft_wrap=True,
        )


def _bill(quantities: dict[str, int]) -> str:
    return ", ".join(f"{number} × {price}" for price, number in quantities.items())


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _leads_in(message: dict[str, Any]) -> int:
    return len(message["body"]["data"]["leads"])


def _stream() -> dict[str, Any]:
    return {
        "pairs": [
            {
                "accountHandle": HANDLE,
                "accountTier": "pro",
                "segment": {"description": SEGMENT},
            }
        ],
        "syncTimes": ["09:00"],
        "timezone": "Europe/Lisbon",
    }


def _calls(stats: dict[str, Any]) -> str:
    return ", ".join(
        f"{vendor} {counts['calls']} calls for {counts['rows']} rows"
        for vendor, counts in stats.items()
        if counts["calls"]
    )


def main() -> None:
    """Start a world of its own on free ports, tell the story, end the world."""
    ending.at_first_signal()
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        people = Asked.of(os.environ).world.resolve()
        console.print("Starting emulated AWS, a made-up X, the API and its worker...")
        # Nobody follows by himself, so that the second run has just those that the demo sends.
        with LocalWorld(world=people, say=console.print, growth_seconds=0) as world:
            console.print(f"API on {world.base_url}, people of {people.name}\n")
            Demo(world, console).tell()
    except (DeployFailed, Refused, RuntimeError, TimeoutError, httpx.HTTPError) as error:
        raise SystemExit(f"cannot go on: {error}") from error


if __name__ == "__main__":
    main()
