"""ScrapeBadger's objects: a user and a post as its specification of 2026-08 describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from localdev.xworld.person import Person
from localdev.xworld.posts import Post

IMAGES = "https://img.example"
DEFAULT_IMAGE = f"{IMAGES}/sticky/default_profile_images/default_profile_normal.png"


def user(person: Person, *, followers: int | None, numeric_id: bool = False) -> dict[str, Any]:
    """The user object. Beside the four required fields, what is not known is left out.

    `as_of` is an addition of this world: when a file's profile was read from X.
    """
    optional = {
        "description": person.bio,
        "location": person.location,
        "url": person.url,
        "profile_image_url": image(person),
        "followers_count": followers,
        "following_count": person.following,
        "tweet_count": person.posts,
        "listed_count": person.listed,
        "favourites_count": person.likes,
        "verified": person.verified,
        "verified_type": person.verified_type,
        "is_blue_verified": person.blue_verified,
        "created_at_datetime": person.created_at and person.created_at.isoformat(),
        "protected": person.protected,
        "default_profile_image": person.default_image,
        "as_of": person.as_of and person.as_of.isoformat(),
    }
    return {
        "id": int(person.id) if numeric_id else person.id,
        "username": person.handle,
        "name": person.name,
        "created_at": x_time(person.created_at),
        **{key: value for key, value in optional.items() if value is not None},
    }


def post(shown: Post) -> dict[str, Any]:
    """The tweet object with its author as flat fields."""
    return {
        "id": shown.id,
        "text": shown.text,
        "full_text": shown.text,
        "created_at": x_time(shown.created_at),
        "lang": "en",
        "user_id": shown.author.id,
        "username": shown.author.handle,
        "user_name": shown.author.name,
        "favorite_count": shown.likes,
        "retweet_count": 0,
        "reply_count": 0,
        "quote_count": 0,
        "conversation_id": shown.id,
        "is_retweet": False,
        "is_quote_status": False,
    }


def image(person: Person) -> str | None:
    """Where the picture is; None when the file does not even say whether there is one."""
    if person.image or person.default_image is None:
        return person.image
    return DEFAULT_IMAGE if person.default_image else f"{IMAGES}/{person.id}_normal.jpg"


def x_time(moment: datetime | None) -> str | None:
    """X's own way to write a moment: Tue Jun 02 20:12:29 +0000 2009."""
    return moment.strftime("%a %b %d %H:%M:%S %z %Y") if moment else None
