"""ScrapeBadger's reading endpoints: users, followers, posts, likers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable

from localdev.xworld.exchange import Answer, Refused, Request, Route
from localdev.xworld.person import Person
from localdev.xworld.posts import likes, post_by_id, posts_of
from localdev.xworld.scrapebadger.shapes import post, user
from localdev.xworld.world import Followers, XWorld

_POSTS_PAGE = 20


class Reads:
    """The endpoints that cost credits."""

    def __init__(self, world: XWorld, page_size: int) -> None:
        """`page_size` is how many people the lists hold that take no count."""
        self._world = world
        self._page_size = page_size
        one_user, one_post = "/v1/twitter/users/{}", "/v1/twitter/tweets/tweet/{}"
        endpoints: dict[str, Callable[..., Answer]] = {
            "/v1/twitter/users/batch_by_ids": self.batch_by_ids,
            "/v1/twitter/users/batch_by_usernames": self.batch_by_usernames,
            f"{one_user}/by_username": self.by_username,
            f"{one_user}/by_id": self.by_id,
            f"{one_user}/followers": self.followers,
            f"{one_user}/latest_followers": self.latest_followers,
            f"{one_user}/follower_ids": self.follower_ids,
            f"{one_user}/verified_followers": self.verified_followers,
            f"{one_user}/latest_tweets": self.latest_tweets,
            f"{one_post}/favoriters": self.favoriters,
        }
        self.routes = [
            Route.of("GET", path, path.rpartition("/")[2], handler)
            for path, handler in endpoints.items()
        ]

    def by_username(self, _: Request, username: str) -> Answer:
        """A user at the root of the body."""
        return Answer(200, self._user(self._named(username)), rows=1)

    def by_id(self, _: Request, user_id: str) -> Answer:
        """A user at the root of the body."""
        return Answer(200, self._user(self._identified(user_id)), rows=1)

    def batch_by_ids(self, request: Request) -> Answer:
        """Those of the ids that exist, in the order asked."""
        return self._batch(map(self._world.people.by_id, _listed(request, "user_ids")))

    def batch_by_usernames(self, request: Request) -> Answer:
        """Those of the handles that exist, in the order asked."""
        return self._batch(map(self._world.people.by_handle, _listed(request, "usernames")))

    def followers(self, request: Request, username: str) -> Answer:
        """One page, newest first."""
        account = self._named(username)
        return self._page(account, self._followers(account, request, self._page_size))

    def latest_followers(self, request: Request, username: str) -> Answer:
        """Like followers, with a count and with ids as numbers."""
        account = self._named(username)
        found = self._followers(account, request, _count(request, default=200, most=200))
        return self._page(account, found, numeric_id=True)

    def verified_followers(self, request: Request, user_id: str) -> Answer:
        """Followers with any kind of badge; asked by numeric id."""
        account = self._identified(user_id)
        count = _count(request, default=20, most=100)
        found = self._followers(account, request, count, keep=lambda person: person.is_verified)
        return self._page(account, found)

    def follower_ids(self, request: Request, username: str) -> Answer:
        """Ids only, as numbers, in a nested object."""
        account = self._named(username)
        count = _count(request, default=5_000, most=5_000)
        before = _place(request, account.id)
        ids, after = self._world.follower_ids(account, count=count, before=before)
        data = {"ids": [int(id) for id in ids], "next_cursor": _cursor(account.id, after)}
        return Answer(200, {"data": data}, rows=len(ids))

    def latest_tweets(self, request: Request, username: str) -> Answer:
        """One page of an account's posts, newest first."""
        author = self._named(username)
        start = _place(request, author.id) or 0
        every = posts_of(self._world.people, author)
        page = every[start : start + _POSTS_PAGE]
        end = start + len(page)
        cursor = _cursor(author.id, end if end < len(every) else None)
        body = {"data": [post(shown) for shown in page], "next_cursor": cursor}
        return Answer(200, body, rows=len(page))

    def favoriters(self, request: Request, tweet_id: str) -> Answer:
        """Who liked a post: nobody for most posts, since X shows likers to the author only."""
        shown = post_by_id(self._world.people, _digits(tweet_id, "tweet_id"))
        if shown is None:
            raise Refused(404, {"detail": "Tweet not found"})
        count = _count(request, default=40, most=100)
        found = self._followers(shown.author, request, count, keep=likes(shown))
        return self._page(shown.author, found)

    def _followers(
        self,
        account: Person,
        request: Request,
        count: int,
        keep: Callable[[Person], bool] = lambda _: True,
    ) -> Followers:
        before = _place(request, account.id)
        return self._world.followers(account, count=count, before=before, keep=keep)

    def _page(self, account: Person, found: Followers, *, numeric_id: bool = False) -> Answer:
        data = [self._user(person, numeric_id=numeric_id) for person in found.people]
        body = {"data": data, "next_cursor": _cursor(account.id, found.before)}
        return Answer(200, body, rows=len(data))

    def _batch(self, found: Iterable[Person | None]) -> Answer:
        data = [self._user(person) for person in found if person and not person.suspended]
        return Answer(200, {"data": data, "next_cursor": None}, rows=len(data))

    def _user(self, person: Person, *, numeric_id: bool = False) -> dict[str, object]:
        followers = self._world.followers_count(person)
        return user(person, followers=followers, numeric_id=numeric_id)

    def _named(self, username: str) -> Person:
        return _shown(self._world.people.by_handle(username))

    def _identified(self, user_id: str) -> Person:
        return _shown(self._world.people.by_id(_digits(user_id, "user_id")))


def _shown(person: Person | None) -> Person:
    """ScrapeBadger does not tell suspended from unknown."""
    if person is None or person.suspended:
        raise Refused(404, {"detail": "User not found"})
    return person


def _cursor(owner: str, place: int | None) -> str | None:
    if place is None:
        return None
    return base64.urlsafe_b64encode(f"{owner}:{place}".encode()).decode()


def _place(request: Request, owner: str) -> int | None:
    """The place in the cursor that was sent; None without one."""
    cursor = request.query.get("cursor")
    if not cursor:
        return None
    try:
        whose, place = base64.urlsafe_b64decode(cursor).decode().split(":")
        if whose == owner:
            return int(place)
    except (binascii.Error, ValueError):
        pass
    raise _invalid("cursor", "Not a cursor of this list")


def _count(request: Request, *, default: int, most: int) -> int:
    count = request.query.get("count", str(default))
    if not (count.isdecimal() and int(count) > 0):
        raise _invalid("count", "Input should be a valid integer greater than 0")
    return min(int(count), most)


def _listed(request: Request, name: str) -> list[str]:
    names = [item.strip() for item in request.query.get(name, "").split(",") if item.strip()]
    if not names:
        raise _invalid(name, "Field required", kind="missing")
    return names


def _digits(text: str, name: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise _invalid(name, "Input should be a valid integer", where="path")
    return text


def _invalid(
    name: str, message: str, *, kind: str = "value_error", where: str = "query"
) -> Refused:
    return Refused(422, {"detail": [{"loc": [where, name], "msg": message, "type": kind}]})
