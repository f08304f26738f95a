"""Profiles of X, from whichever provider answers: the fallback order is a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from chalicelib import clock, telemetry
from chalicelib.profile import Profile
from chalicelib.upstreams import AccountRef, Errand, Page, Post, Usage, askable_handles
from chalicelib.upstreams.errors import Crowded, Missing, Protected, Unavailable
from chalicelib.upstreams.health import Health

if TYPE_CHECKING:
    import httpx

BUDGET_SECONDS = 20.0
"""What an operation may take by default: API Gateway gives up on the whole request after 29 s."""
NEXT_TRY_SECONDS = 30.0
"""What a caller is told to wait when no provider said anything better."""

T = TypeVar("T")


class Provider(Protocol):
    """What a vendor must be able to do for us. Every method raises UpstreamFault, nothing else."""

    @property
    def name(self) -> str:
        """Shown in `run.provider`, and the first part of a cursor."""

    def users_by_handle(self, handles: Sequence[str], errand: Errand) -> dict[str, Profile]:
        """Profiles by lower-case handle; missing ones are absent."""

    def user_by_id(self, id: str, errand: Errand) -> Profile:
        """One profile; Missing when there is none."""

    def users_by_id(self, ids: Sequence[str], errand: Errand) -> dict[str, Profile]:
        """Profiles by id; missing ones are absent."""

    def followers(self, ref: AccountRef, cursor: str | None, limit: int, errand: Errand) -> Page:
        """A page of followers, newest first, with a cursor that this provider understands."""


@runtime_checkable
class LikerSource(Protocol):
    """What a provider can do beside that lists who liked a post."""

    def recent_posts(self, ref: AccountRef, errand: Errand) -> tuple[Post, ...]:
        """The account's newest posts, newest first."""

    def likers(self, post_id: str, cursor: str | None, errand: Errand) -> Page:
        """A page of who liked a post."""


class Profiles:
    """Asks the providers in order, skipping those known to be down. One serves all threads.

    `budget`, here and in the methods, is seconds for the whole operation, retries and fallback
    included. `usage` is added to, also by providers that failed.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        health: Health,
        *,
        budget: float = BUDGET_SECONDS,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._providers = tuple(providers)
        self._health = health
        self._budget = budget
        self._now = now

    def resolve(
        self, handles: Sequence[str], *, budget: float | None = None, usage: Usage | None = None
    ) -> dict[str, Profile]:
        """Profiles by lower-case handle; those X does not know are absent.

        A provider's "no such handle" is believed. Raises Unavailable when no provider answers.
        """
        wanted = askable_handles(handles)
        if not wanted:
            return {}
        return self._first(
            self._providers, lambda p, errand: p.users_by_handle(wanted, errand), budget, usage
        )

    def refresh(
        self,
        ref: AccountRef,
        *,
        in_turn: bool = False,
        budget: float | None = None,
        usage: Usage | None = None,
    ) -> Profile:
        """The account as it is now, found by its id: the handle may be a new one.

        Raises Missing (deleted or suspended), or Unavailable when no provider answers. `in_turn`:
        the caller can come back, and is told Crowded rather than served by another provider.
        """
        return self._first(
            self._providers,
            lambda p, errand: p.user_by_id(ref.id, errand),
            budget,
            usage,
            in_turn=in_turn,
        )

    def followers(
        self,
        ref: AccountRef,
        cursor: str | None,
        limit: int,
        *,
        budget: float | None = None,
        usage: Usage | None = None,
    ) -> Page:
        """A page of followers, newest first; a list goes on with the provider that began it.

        Where that one is down, the next in order takes over from its own beginning, and the page
        says `restarted`. `limit`: how many rows the caller still wants; more may come. Raises
        Missing, Protected, Crowded, or Unavailable when no provider answers.
        """
        began, _, place = (cursor or "").partition(":")

        def read(provider: Provider, errand: Errand) -> Page:
            goes_on = provider.name == began and bool(place)
            page = provider.followers(ref, place if goes_on else None, limit, errand)
            following = None if page.cursor is None else f"{provider.name}:{page.cursor}"
            return replace(page, cursor=following, restarted=cursor is not None and not goes_on)

        # sorted() is stable: whoever began comes first, the others keep their order.
        order = sorted(self._providers, key=lambda provider: provider.name != began)
        return self._first(order, read, budget, usage, in_turn=True)

    @property
    def lists_likers(self) -> bool:
        """Whether any provider lists who liked a post."""
        return self._liker_source is not None

    def recent_posts(self, ref: AccountRef, *, usage: Usage | None = None) -> tuple[Post, ...]:
        """The account's newest posts, newest first. Raises Missing, Crowded, or Unavailable."""
        return self._of_likers(lambda source, errand: source.recent_posts(ref, errand), usage)

    def likers(self, post_id: str, cursor: str | None, *, usage: Usage | None = None) -> Page:
        """A page of who liked a post, mostly empty: X shows likers to the author alone.

        Raises Missing, Crowded, or Unavailable.
        """
        return self._of_likers(lambda source, errand: source.likers(post_id, cursor, errand), usage)

    @property
    def _liker_source(self) -> Provider | None:
        return next((each for each in self._providers if isinstance(each, LikerSource)), None)

    def _of_likers(self, ask: Callable[[LikerSource, Errand], T], usage: Usage | None) -> T:
        source = self._liker_source

        def asked(provider: Provider, errand: Errand) -> T:
            assert isinstance(provider, LikerSource)  # noqa: S101 - chosen for it
            return ask(provider, errand)

        return self._first([source] if source else [], asked, None, usage, in_turn=True)

    def _first(
        self,
        order: Sequence[Provider],
        ask: Callable[[Provider, Errand], T],
        budget: float | None,
        usage: Usage | None,
        *,
        in_turn: bool = False,
    ) -> T:
        until = self._now() + timedelta(seconds=self._budget if budget is None else budget)
        usage = Usage() if usage is None else usage
        able = [provider for provider in order if not self._health.rest_left(provider.name)]
        fault: Unavailable | None = None
        for place, provider in enumerate(able):
            if not self._health.allows(provider.name):
                continue
            # An equal share of what is left for each, so that a slow one leaves time for the next.
            now = self._now()
            share = (until - now) / (len(able) - place)
            try:
                answer = ask(provider, Errand(now + share, usage))
            except (Missing, Protected):
                self._health.succeeded(provider.name)
                raise
            except Crowded as crowded:
                if in_turn:
                    raise
                fault = crowded
            except Unavailable as unavailable:
                self._health.failed(provider.name, unavailable)
                telemetry.count("ProviderFailures", 1)
                told = {"provider": provider.name, "said": unavailable.reason}
                telemetry.logger.warning("provider failed", extra=told)
                fault = unavailable
            else:
                self._health.succeeded(provider.name)
                return answer
        raise self._nobody(fault) from fault

    def _nobody(self, fault: Unavailable | None) -> Unavailable:
        rests = [self._health.rest_left(provider.name) for provider in self._providers]
        soonest = min(rests, default=0.0) or (fault and fault.retry_after) or NEXT_TRY_SECONDS
        why = str(fault) if fault else "all are resting" if rests else "none is configured"
        return Unavailable("profiles", f"no provider answers: {why}", soonest)


def build_profiles(
    *,
    scrapebadger_base_url: str,
    scrapebadger_api_key: str,
    apify_base_url: str,
    apify_token: str,
    scrapebadger_per_minute: int = 0,
    apify_per_minute: int = 0,
    scrapebadger_listing: str = "followers",
    read_timeout: float = 15.0,
    budget: float = BUDGET_SECONDS,
    wire: httpx.BaseTransport | None = None,
) -> Profiles:
    """The providers that a key is given for, ScrapeBadger first. `wire` stands in for the network.

    `..._per_minute` are calls that all workers together may make; 0 leaves a provider unpaced.

    Imports the HTTP library: call it when profiles are first needed, not when a module loads.
    """
    import httpx

    from chalicelib.upstreams import kaitoeasyapi, scrapebadger
    from chalicelib.upstreams.pace import Pace
    from chalicelib.upstreams.transport import Transport

    def client(base_url: str, headers: dict[str, str]) -> httpx.Client:
        common = {"accept": "application/json", "user-agent": "ctgo/2"}
        return httpx.Client(base_url=base_url, headers={**common, **headers}, transport=wire)

    def pace(vendor: str, per_minute: int) -> Pace | None:
        return Pace(vendor, per_minute) if per_minute else None

    providers: list[Provider] = []
    if scrapebadger_api_key:
        transport = Transport(
            client(scrapebadger_base_url, {"x-api-key": scrapebadger_api_key}),
            provider=scrapebadger.NAME,
            named_faults=scrapebadger.NAMED_FAULTS,
            pace=pace(scrapebadger.NAME, scrapebadger_per_minute),
            read_timeout=read_timeout,
        )
        providers.append(scrapebadger.ScrapeBadger(transport, listing=scrapebadger_listing))
    if apify_token:
        # Apify's own documents count the version to the base; both spellings are the same place.
        base_url = apify_base_url.rstrip("/").removesuffix("/v2")
        transport = Transport(
            client(base_url, {"authorization": f"Bearer {apify_token}"}),
            provider=kaitoeasyapi.NAME,
            named_faults=kaitoeasyapi.NAMED_FAULTS,
            pace=pace(kaitoeasyapi.NAME, apify_per_minute),
            read_timeout=read_timeout,
        )
        providers.append(kaitoeasyapi.KaitoEasyApi(transport))
    return Profiles(providers, Health(), budget=budget)
