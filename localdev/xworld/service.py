"""All that the server answers: the two vendors, with faults and counts, and the control paths."""

from __future__ import annotations

from localdev.xworld.apify.vendor import Apify
from localdev.xworld.control import PREFIX, Control
from localdev.xworld.exchange import Answer, Request, Vendor
from localdev.xworld.faults import Faults
from localdev.xworld.scrapebadger.vendor import ScrapeBadger
from localdev.xworld.stats import Stats
from localdev.xworld.world import XWorld


class Service:
    """Answers one request at a time, whoever asks: the world's lock holds all counts as well."""

    def __init__(
        self,
        world: XWorld,
        *,
        per_minute: int = 100_000,
        credits: int = 10**9,
        page_size: int = 50,
    ) -> None:
        """ScrapeBadger's requests a minute, its credits at the start, its followers a page."""
        scrapebadger = ScrapeBadger(
            world, per_minute=per_minute, credits=credits, page_size=page_size
        )
        apify = Apify(world)
        self._lock = world.lock
        self._faults = Faults()
        self._stats = Stats()
        self._vendors: dict[str, Vendor] = {"/v1/": scrapebadger, "/v2/": apify}
        self._control = Control(
            world,
            faults=self._faults,
            stats=self._stats,
            scrapebadger=scrapebadger,
            apify=apify,
        )

    def answer(self, request: Request) -> Answer:
        """Answer any request, errors included."""
        with self._lock:
            if request.path.startswith(PREFIX):
                return self._control.answer(request)
            vendor = self._vendors.get(request.path[:4])
            if vendor is None:
                return Answer(404, {"error": f"nothing lives at {request.path}"})
            answer = self._faults.answer(vendor, request.path, lambda: vendor.answer(request))
            self._stats.add(vendor.name, vendor.endpoint(request.path) or "unknown", answer)
            return answer
