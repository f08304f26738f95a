"""kaitoeasyapi's actors on Apify: a run is begun, and its dataset read while it still grows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.profile import Profile
from chalicelib.upstreams import (
    AccountRef,
    Errand,
    Page,
    Row,
    as_count,
    as_flag,
    as_id,
    as_row,
    as_text,
    as_time,
    as_url,
    askable_handles,
    askable_ids,
    chunks,
    read_rows,
)
from chalicelib.upstreams.errors import (
    Down,
    Missing,
    OutOfCredits,
    Protected,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
)

if TYPE_CHECKING:
    from chalicelib.upstreams.transport import Transport

NAME = "kaitoeasyapi"
FOLLOWER_ACTOR = "kaitoeasyapi~premium-x-follower-scraper-following-data"
USER_ACTOR = "kaitoeasyapi~premium-twitter-user-scraper-pay-per-result"
NAMED_FAULTS: Mapping[str, type[Unavailable]] = {
    "hard limit exceeded": OutOfCredits,
    "memory-limit-exceeded": RateLimited,
    "concurrent-runs-limit-exceeded": RateLimited,
    "rate-limit-exceeded": RateLimited,
    "run-failed": Down,
    "actor-not-found": Refused,
    "actor-is-not-rented": Refused,
    "plan-required": Refused,
}
"""Apify's error types (and one message), which say more than the statuses they come with."""

BATCH = 100
"""Users in one look-up; 25 to 1,000 are in use with this actor."""
FEWEST_FOLLOWERS, MOST_FOLLOWERS = 200, 10_000_000
"""Bounds the follower actor sets to its `maxFollowers`; it reads pages of 200."""
PAGE_ROWS = 500
"""Dataset items in one page; Apify sets no bound."""
WAIT_SECONDS = 5
"""How long one request waits for a run, so that an unfinished list is not asked for in a rush."""

_APIFY_ID = re.compile(r"[A-Za-z0-9_-]+")
_UNDER_WAY = frozenset({"READY", "RUNNING", "TIMING-OUT", "ABORTING"})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which run's dataset a list goes on: the cursor, taken apart."""

    run: str
    dataset: str
    offset: int

    @classmethod
    def parse(cls, cursor: str) -> _Place:
        run, _, rest = cursor.partition(":")
        dataset, _, offset = rest.partition(":")
        rows = as_count(offset)
        if not (_APIFY_ID.fullmatch(run) and _APIFY_ID.fullmatch(dataset)) or rows is None:
            raise Rejected(NAME, "a cursor that we did not make")
        return cls(run, dataset, rows)

    def after(self, rows: int) -> str:
        return f"{self.run}:{self.dataset}:{self.offset + rows}"


class KaitoEasyApi:
    """The provider that takes over. No actor lists likers, and none resumes a broken run."""

    name = NAME

    def __init__(self, transport: Transport, *, now: Callable[[], datetime] = clock.now) -> None:
        self._transport = transport
        self._now = now

    def users_by_handle(self, handles: Sequence[str], errand: Errand) -> dict[str, Profile]:
        """Profiles by lower-case handle; those that X does not know are absent."""
        users = self._users("user_names", askable_handles(handles), errand)
        return {user.handle.lower(): user for user in users}

    def users_by_id(self, ids: Sequence[str], errand: Errand) -> dict[str, Profile]:
        """Profiles by id; those that X does not know are absent."""
        return {user.id: user for user in self._users("user_ids", askable_ids(ids), errand)}

    def user_by_id(self, id: str, errand: Errand) -> Profile:
        """One profile. Raises Missing when X does not know the id."""
        profile = self.users_by_id([id], errand).get(id)
        if profile is None:
            raise Missing(NAME, "no such id")
        return profile

    def followers(self, ref: AccountRef, cursor: str | None, limit: int, errand: Errand) -> Page:
        """A page of followers, newest first. `limit`: how many the caller still wants.

        Without a cursor a run is begun for `limit` followers (200 at least); the page is empty, and
        the list will never hold more than that. Raises Missing, Protected, or Unavailable, the
        latter also when a run broke, once everything that it wrote has been handed out.
        """
        if cursor is None:
            # Handed out at once: a fault in reading on would lose a run that is under way and paid.
            return self._page([], self._begin(ref.handle, limit, errand), errand)
        place = _Place.parse(cursor)
        items = self._items(place, errand)
        if items:
            return self._page(items, place, errand)
        status = self._status(place, errand)
        # Rows may have been written between the two questions; a run that has ended writes no more.
        items = self._items(place, errand)
        if items or status in _UNDER_WAY:
            return self._page(items, place, errand)
        if status != "SUCCEEDED":
            raise Down(NAME, f"the run ended as {status}")
        if place.offset == 0:
            self._check_readable(ref, errand)
        # Within a tenth: X leaves people out of its pages that the actor counts.
        is_cut = place.offset * 10 >= _asked_for(limit) * 9
        return Page(profiles=(), cursor=None, usage=errand.usage, provider=NAME, is_cut=is_cut)

    def _begin(self, handle: str, limit: int, errand: Errand) -> _Place:
        wanted = {
            "user_names": [handle],
            "getFollowers": True,
            "getFollowing": False,
            "maxFollowers": _asked_for(limit),
            "maxFollowings": FEWEST_FOLLOWERS,
        }
        run = self._post(f"{FOLLOWER_ACTOR}/runs", self._patience(errand), wanted, errand)
        data = as_row(as_row(run).get("data"))
        try:
            return _Place.parse(f"{data.get('id') or ''}:{data.get('defaultDatasetId') or ''}:0")
        except Rejected:
            raise Down(NAME, "a run without id and dataset") from None

    def _status(self, place: _Place, errand: Errand) -> str:
        body = self._get(f"actor-runs/{place.run}", self._patience(errand), errand)
        return str(as_row(as_row(body).get("data")).get("status"))

    def _items(self, place: _Place, errand: Errand) -> list[Any]:
        params: dict[str, str | int] = {
            "offset": place.offset,
            "limit": PAGE_ROWS,
            "format": "json",
        }
        body = self._get(f"datasets/{place.dataset}/items", params, errand)
        return body if isinstance(body, list) else []

    def _page(self, items: list[Any], place: _Place, errand: Errand) -> Page:
        followers = [item for item in items if as_row(item).get("type") != "following"]
        return Page(
            profiles=self._profiles(followers, _read_follower, errand),
            cursor=place.after(len(items)),
            usage=errand.usage,
            provider=NAME,
        )

    def _check_readable(self, ref: AccountRef, errand: Errand) -> None:
        """Why a list is empty: the follower actor tells neither missing nor private accounts."""
        if self.user_by_id(ref.id, errand).protected:
            raise Protected(NAME, "its followers are private")

    def _users(self, key: str, values: Sequence[str], errand: Errand) -> list[Profile]:
        found: list[Profile] = []
        for batch in chunks(values, BATCH):
            # Apify ends the run with our time: nobody would read, but we would pay.
            left = max(1, int(self._transport.seconds_left(errand)))
            path = f"{USER_ACTOR}/run-sync-get-dataset-items"
            body = self._post(path, {"timeout": left}, {key: list(batch)}, errand)
            rows = body if isinstance(body, list) else []
            found += self._profiles(
                [row for row in rows if not _is_suspended(row)], _read_user, errand
            )
        return found

    def _patience(self, errand: Errand) -> dict[str, int]:
        # A third of the time that is left: the items must still be read afterwards.
        left = self._transport.seconds_left(errand)
        return {"waitForFinish": max(0, min(WAIT_SECONDS, int(left / 3)))}

    def _get(self, path: str, params: Mapping[str, str | int], errand: Errand) -> Any:
        try:
            return self._transport.get(f"/v2/{path}", params, errand=errand).body
        except Missing as gone:
            raise Down(NAME, f"a run or dataset is gone: {gone.reason}") from gone

    def _post(self, path: str, params: Mapping[str, str | int], body: Row, errand: Errand) -> Any:
        try:
            return self._transport.post(f"/v2/acts/{path}", params, body, errand=errand).body
        except Missing as gone:
            raise Refused(NAME, f"no such actor for us: {gone.reason}") from gone

    def _profiles(
        self,
        rows: Sequence[object],
        read: Callable[[Row, datetime], Profile | None],
        errand: Errand,
    ) -> tuple[Profile, ...]:
        read_at = self._now()
        return read_rows(rows, lambda row: read(row, read_at), errand.usage)


def _asked_for(limit: int) -> int:
    return min(max(limit, FEWEST_FOLLOWERS), MOST_FOLLOWERS)


def _is_suspended(row: object) -> bool:
    return as_row(as_row(row).get("privacy")).get("suspended") is True


def _read_follower(row: Row, read_at: datetime) -> Profile | None:
    # `id` is a number that other JSON parsers have rounded; Python's has not, but `id_str` is safe.
    id = as_id(row.get("id_str")) or as_id(row.get("id"))
    handle = as_text(row.get("screen_name"))
    if not id or not handle:
        return None
    return Profile(
        id=id,
        handle=handle,
        name=as_text(row.get("name")),
        bio=as_text(row.get("description")),
        location=as_text(row.get("location")),
        url=as_url(row.get("url")),
        image_url=as_url(row.get("profile_image_url_https")),
        followers=as_count(row.get("followers_count")),
        following=as_count(row.get("friends_count")),
        posts=as_count(row.get("statuses_count")),
        listed=as_count(row.get("listed_count")),
        likes=as_count(row.get("favourites_count")),
        created_at=as_time(row.get("created_at")),
        # The actor knows no blue mark and says false of everybody: false is "not known" here.
        verified=as_flag(row.get("verified")) or None,
        protected=as_flag(row.get("protected")),
        default_image=as_flag(row.get("default_profile_image")),
        as_of=as_time(row.get("as_of")) or read_at,
    )


def _read_user(row: Row, read_at: datetime) -> Profile | None:
    def part(name: str) -> Row:
        return as_row(row.get(name))

    core, verification = part("core"), part("verification")
    id, handle = as_id(row.get("rest_id")), as_text(core.get("screen_name"))
    if not id or not handle:
        return None
    blue, legacy = verification.get("is_blue_verified"), verification.get("verified")
    return Profile(
        id=id,
        handle=handle,
        name=as_text(core.get("name")),
        bio=as_text(part("profile_bio").get("description")),
        location=as_text(part("location").get("location")),
        url=as_url(part("website").get("url")),
        image_url=as_url(part("avatar").get("image_url")),
        followers=as_count(part("relationship_counts").get("followers")),
        following=as_count(part("relationship_counts").get("following")),
        posts=as_count(part("tweet_counts").get("tweets")),
        likes=as_count(part("action_counts").get("favorites_count")),
        created_at=as_time(core.get("created_at")),
        verified=True if legacy is True else as_flag(blue),
        protected=as_flag(part("privacy").get("protected")),
        as_of=as_time(row.get("as_of")) or read_at,
    )
