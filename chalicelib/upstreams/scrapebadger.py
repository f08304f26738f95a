"""ScrapeBadger: profiles, follower lists, posts and likers of X, read a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib import clock
from chalicelib.profile import Profile
from chalicelib.upstreams import (
    AccountRef,
    Errand,
    Page,
    Post,
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
    Unavailable,
)

if TYPE_CHECKING:
    from chalicelib.upstreams.transport import Transport

NAME = "scrapebadger"
NAMED_FAULTS: Mapping[str, type[Unavailable]] = {"insufficient credits": OutOfCredits}
"""Met with 402, and wherever a 200 carries an error."""

BATCH = 100
"""Handles or ids in one look-up. The vendor states no maximum; X itself allows 100."""
LARGEST_COUNT = 200
"""Rows of a page where the list lets us choose."""
LIKERS_COUNT = 40


class ScrapeBadger:
    """The first provider.

    `listing` is the follower list to read. `followers` is in the vendor's documentation, but its
    pages have the size it likes; `latest_followers` takes a count, yet only the SDKs know it.
    """

    name = NAME

    def __init__(
        self,
        transport: Transport,
        *,
        listing: str = "followers",
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._transport = transport
        self._listing = listing
        self._now = now

    def users_by_handle(self, handles: Sequence[str], errand: Errand) -> dict[str, Profile]:
        """Profiles by lower-case handle; those that X does not know are absent."""
        found: dict[str, Profile] = {}
        for batch in chunks(askable_handles(handles), BATCH):
            profiles = self._batch("batch_by_usernames", "usernames", batch, errand)
            found |= {profile.handle.lower(): profile for profile in profiles}
        return found

    def users_by_id(self, ids: Sequence[str], errand: Errand) -> dict[str, Profile]:
        """Profiles by id; those that X does not know are absent."""
        found: dict[str, Profile] = {}
        for batch in chunks(askable_ids(ids), BATCH):
            profiles = self._batch("batch_by_ids", "user_ids", batch, errand)
            found |= {profile.id: profile for profile in profiles}
        return found

    def user_by_id(self, id: str, errand: Errand) -> Profile:
        """One profile. Raises Missing when X does not know the id."""
        if not askable_ids([id]):
            raise Missing(NAME, "not an X id")
        body = self._get(f"users/{id}/by_id", {}, errand)
        if body is None:
            raise Missing(NAME, "no such id")
        profiles = self._profiles([body], errand)
        if not profiles:
            raise Down(NAME, "a user without id and username")
        return profiles[0]

    def followers(self, ref: AccountRef, cursor: str | None, limit: int, errand: Errand) -> Page:
        """A page of followers, newest first. `limit`: how many the caller still wants.

        More may come: `followers` has pages of its own size, paid for in full. Raises Missing,
        Protected, or Unavailable. A handle that has changed meanwhile is found by its id.
        """
        try:
            page = self._followers(ref.handle, cursor, limit, errand)
        except Missing:
            now_called = self._readable(ref, errand).handle
            if now_called.lower() == ref.handle.lower():
                raise Down(NAME, f"no {self._listing} of an account that exists") from None
            return self._followers(now_called, cursor, limit, errand)
        if cursor is None and not page.profiles and page.cursor is None:
            self._readable(ref, errand)
        return page

    def recent_posts(self, ref: AccountRef, errand: Errand) -> tuple[Post, ...]:
        """The account's newest posts, one page of them. Raises Missing."""
        body = self._get(f"users/{quote(ref.handle, safe='')}/latest_tweets", {}, errand)
        rows = _rows(body, "tweets")
        errand.usage.rows += len(rows)
        posts = tuple(post for row in rows if (post := _read_post(as_row(row))))
        errand.usage.malformed += len(rows) - len(posts)
        return posts

    def likers(self, post_id: str, cursor: str | None, errand: Errand) -> Page:
        """A page of who liked a post. X shows likers to the author alone: mostly it is empty."""
        path = f"tweets/tweet/{quote(post_id, safe='')}/favoriters"
        return self._page(path, {"count": LIKERS_COUNT}, cursor, errand)

    def _followers(self, handle: str, cursor: str | None, limit: int, errand: Errand) -> Page:
        counted = self._listing == "latest_followers"
        params = {"count": max(1, min(limit, LARGEST_COUNT))} if counted else {}
        path = f"users/{quote(handle, safe='')}/{self._listing}"
        return self._page(path, params, cursor, errand)

    def _readable(self, ref: AccountRef, errand: Errand) -> Profile:
        """Why a list is not there. Protected accounts have no error of their own, only a flag."""
        profile = self.user_by_id(ref.id, errand)
        if profile.protected:
            raise Protected(NAME, "its followers are private")
        return profile

    def _batch(self, path: str, key: str, values: Sequence[str], errand: Errand) -> list[Profile]:
        try:
            body = self._get(f"users/{path}", {key: ",".join(values)}, errand)
        except Missing:
            # Not documented: it may mean all of them, or any one. Halving finds out which.
            if len(values) == 1:
                return []
            middle = len(values) // 2
            halves = (values[:middle], values[middle:])
            return [user for half in halves for user in self._batch(path, key, half, errand)]
        return list(self._profiles(_rows(body, "users"), errand))

    def _page(
        self, path: str, params: Mapping[str, str | int], cursor: str | None, errand: Errand
    ) -> Page:
        body = self._get(path, {**params, **({"cursor": cursor} if cursor else {})}, errand)
        rows = _rows(body, "users")
        following = as_row(body).get("next_cursor")
        goes_on = bool(rows) and bool(following) and str(following) != cursor
        return Page(
            profiles=self._profiles(rows, errand),
            cursor=str(following) if goes_on else None,
            usage=errand.usage,
            provider=NAME,
        )

    def _get(self, path: str, params: Mapping[str, str | int], errand: Errand) -> Any:
        return self._transport.get(f"/v1/twitter/{path}", params, errand=errand).body

    def _profiles(self, rows: Sequence[object], errand: Errand) -> tuple[Profile, ...]:
        read_at = self._now()
        return read_rows(rows, lambda row: _read_user(row, read_at), errand.usage)


def _rows(body: Any, alias: str) -> list[Any]:
    """The list of an answer: under `data` by the schema, under `alias` in one docs snippet."""
    rows = body if isinstance(body, list) else as_row(body).get("data", as_row(body).get(alias))
    return rows if isinstance(rows, list) else []


def _read_user(row: Row, read_at: datetime) -> Profile | None:
    id, handle = as_id(row.get("id")), as_text(row.get("username"))
    if not id or not handle:
        return None
    return Profile(
        id=id,
        handle=handle.removeprefix("@"),
        name=as_text(row.get("name")),
        bio=as_text(row.get("description")),
        location=as_text(row.get("location")),
        url=as_url(row.get("url")),
        image_url=as_url(row.get("profile_image_url")),
        followers=as_count(row.get("followers_count")),
        following=as_count(row.get("following_count")),
        posts=as_count(row.get("tweet_count")),
        listed=as_count(row.get("listed_count")),
        likes=as_count(row.get("favourites_count")),
        created_at=as_time(row.get("created_at_datetime")) or as_time(row.get("created_at")),
        verified=_verified(row),
        protected=as_flag(row.get("protected")),
        default_image=as_flag(row.get("default_profile_image")),
        as_of=as_time(row.get("as_of")) or read_at,
    )


def _verified(row: Row) -> bool | None:
    """Blue, business and government count; the legacy flag alone proves nothing when false."""
    if row.get("is_blue_verified") is True or row.get("verified") is True:
        return True
    if row.get("verified_type"):
        return True
    return as_flag(row.get("is_blue_verified"))


def _read_post(row: Row) -> Post | None:
    id = as_id(row.get("id"))
    if not id:
        return None
    return Post(
        id=id,
        created_at=as_time(row.get("created_at")),
        likes=as_count(row.get("favorite_count")),
    )
