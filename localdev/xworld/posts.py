"""Posts of the people in the file, and who liked them, by formula."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from localdev.xworld.invention.account import AS_OF, fill
from localdev.xworld.invention.dice import Dice
from localdev.xworld.invention.vocabulary import vocabulary
from localdev.xworld.people import People
from localdev.xworld.person import Person

_FIRST_ID = 19 * 10**17
_MOST = 100
"""Posts that are kept of each person."""


@dataclass(frozen=True, slots=True)
class Post:
    """One post."""

    id: str
    author: Person
    text: str
    created_at: datetime
    likes: int
    likes_shown: bool
    """X shows the likers of a post to its author only; one in seven is shown nevertheless."""


def posts_of(people: People, author: Person) -> list[Post]:
    """The author's posts, newest first; nothing of protected people and of those by formula."""
    slot = people.slot_in_file(author)
    if slot is None or author.protected:
        return []
    return [_post(slot, number, author) for number in range(min(author.posts or 0, _MOST))]


def post_by_id(people: People, id: str) -> Post | None:
    """The post of this id, if its author still shows it."""
    slot, number = divmod(int(id) - _FIRST_ID, _MOST)
    author = people.in_slot(slot)
    if author is None or author.suspended or author.protected or number >= (author.posts or 0):
        return None
    return _post(slot, number, author)


def likes(post: Post) -> Callable[[Person], bool]:
    """Which of the author's followers liked the post: the same share of them each time."""
    return lambda person: (
        post.likes_shown and zlib.crc32(f"{post.id}:{person.id}".encode()) % 11 == 0
    )


def _post(slot: int, number: int, author: Person) -> Post:
    id = _FIRST_ID + slot * _MOST + number
    dice = Dice(id)
    return Post(
        id=str(id),
        author=author,
        text=fill(dice.pick(vocabulary().phrases["post", "en"])["text"], dice, language="en"),
        created_at=(author.as_of or AS_OF) - timedelta(hours=17 * (number + 1)),
        likes=dice.skewed(12, 1.0),
        likes_shown=number % 7 == 3,
    )
