"""The paths under /_control: what a test or a developer tells the world to do.

GET    health                                                  who is there
GET    accounts                                                tracked accounts, their size
GET    stats                                                   what was asked of the vendors
GET    faults      POST faults [{vendor, path, kind, ...}]     DELETE faults
POST   grow        {handle, count}                             more followers, now
POST   unfollow    {handle, count?, followers?: [handle]}      fewer
POST   audience    {handle, size}                              as many, by formula
POST   rename      {handle, to}                                the id stays
POST   profile     {handle, name?, bio?, protected?, suspended?}
POST   limits      {perMinute?, credits?}                      ScrapeBadger's
POST   runs        {status}                                    end Apify's running runs so
POST   reset                                                   all as at the first start
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localdev.xworld.apify.vendor import Apify
from localdev.xworld.exchange import Answer, Request
from localdev.xworld.faults import Faults
from localdev.xworld.scrapebadger.vendor import ScrapeBadger
from localdev.xworld.stats import Stats
from localdev.xworld.world import XWorld

PREFIX = "/_control/"

_ENDINGS = ("FAILED", "TIMED-OUT", "ABORTED", "SUCCEEDED")


class Control:
    """Answers 200 with what is now true, 400 for a bad order, 404 for an unknown handle or path."""

    def __init__(
        self,
        world: XWorld,
        *,
        faults: Faults,
        stats: Stats,
        scrapebadger: ScrapeBadger,
        apify: Apify,
    ) -> None:
        self._world = world
        self._faults = faults
        self._stats = stats
        self._scrapebadger = scrapebadger
        self._apify = apify
        self._orders: dict[str, Callable[[Any], object]] = {
            "GET health": self._health,
            "GET accounts": self._accounts,
            "GET stats": lambda _: stats.to_json(),
            "GET faults": lambda _: faults.to_json(),
            "POST faults": self._add_faults,
            "DELETE faults": self._clear_faults,
            "POST grow": self._grow,
            "POST unfollow": self._unfollow,
            "POST audience": self._audience,
            "POST rename": self._rename,
            "POST profile": self._profile,
            "POST limits": self._limits,
            "POST runs": self._runs,
            "POST reset": self._reset,
        }

    def answer(self, request: Request) -> Answer:
        """Carry out one order."""
        order = self._orders.get(f"{request.method} {request.path.removeprefix(PREFIX)}")
        if order is None:
            return Answer(404, {"error": f"no order {request.method} {request.path}"})
        try:
            return Answer(200, order(request.json()))
        except KeyError as missing:
            return Answer(400, {"error": f"{missing} is missing"})
        except LookupError as unknown:
            return Answer(404, {"error": str(unknown)})
        except (ValueError, TypeError) as wrong:
            return Answer(400, {"error": str(wrong)})

    def _health(self, _: Any) -> object:
        return {"status": "ok", "people": len(self._world.people.listed)}

    def _accounts(self, _: Any) -> object:
        return [
            {
                "id": account.id,
                "handle": account.handle,
                "followers": self._world.followers_count(account),
                "protected": account.protected,
                "suspended": account.suspended,
            }
            for account in self._world.accounts()
        ]

    def _add_faults(self, given: Any) -> object:
        self._faults.add(given)
        return self._faults.to_json()

    def _clear_faults(self, _: Any) -> object:
        self._faults.clear()
        return []

    def _grow(self, given: Any) -> object:
        return {"followers": self._world.grow(given["handle"], int(given["count"]))}

    def _unfollow(self, given: Any) -> object:
        left = self._world.unfollow(
            given["handle"],
            count=int(given.get("count", 0)),
            followers=given.get("followers", []),
        )
        return {"followers": left}

    def _audience(self, given: Any) -> object:
        return {"followers": self._world.set_audience(given["handle"], int(given["size"]))}

    def _rename(self, given: Any) -> object:
        person = self._world.edit(given["handle"], handle=given["to"])
        return {"id": person.id, "handle": person.handle}

    def _profile(self, given: Any) -> object:
        changes = {key: value for key, value in given.items() if key != "handle"}
        person = self._world.edit(given["handle"], **changes)
        return {"id": person.id, "handle": person.handle, **changes}

    def _limits(self, given: Any) -> object:
        vendor = self._scrapebadger
        vendor.window.limit = int(given.get("perMinute", vendor.window.limit))
        vendor.credits = int(given.get("credits", vendor.credits))
        return {"perMinute": vendor.window.limit, "credits": vendor.credits}

    def _runs(self, given: Any) -> object:
        if given["status"] not in _ENDINGS:
            raise ValueError(f"status is one of {', '.join(_ENDINGS)}")
        return {"ended": self._apify.end_runs(given["status"])}

    def _reset(self, _: Any) -> object:
        self._world.reset()
        self._faults.clear()
        self._stats.clear()
        self._scrapebadger.reset()
        self._apify.runs.clear()
        return {"status": "ok"}
