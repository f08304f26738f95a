"""Items of kaitoeasyapi's actors, as public samples show them."""

from __future__ import annotations

from typing import Any

from localdev.xworld.person import Person
from localdev.xworld.scrapebadger.shapes import image, x_time


def follower_item(
    person: Person, *, kind: str, target: str, followers: int | None
) -> dict[str, Any]:
    """An item of the follower actor: no blue badge, `verified` false for everybody.

    `as_of` is an addition of this world, as in ScrapeBadger's user.
    """
    return {
        "type": kind,
        "target_username": target,
        "id": int(person.id),
        "id_str": person.id,
        "screen_name": person.handle,
        "name": person.name,
        "description": person.bio,
        "email": None,
        "url": person.url,
        "location": person.location,
        "protected": person.protected,
        "verified": False,
        "followers_count": followers,
        "fast_followers_count": 0,
        "normal_followers_count": followers,
        "friends_count": person.following,
        "listed_count": person.listed,
        "favourites_count": person.likes,
        "statuses_count": person.posts,
        "created_at": x_time(person.created_at),
        "profile_image_url_https": image(person),
        "default_profile_image": person.default_image,
        "is_translator": False,
        "as_of": person.as_of.isoformat() if person.as_of else None,
    }


def user_item(person: Person, *, followers: int | None) -> dict[str, Any]:
    """An item of the user actor: nested, with the blue badge."""
    return {
        "rest_id": person.id,
        "core": {
            "screen_name": person.handle,
            "name": person.name,
            "created_at": x_time(person.created_at),
        },
        "profile_bio": {"description": person.bio},
        "location": {"location": person.location},
        "website": {"url": person.url},
        "relationship_counts": {"followers": followers, "following": person.following},
        "tweet_counts": {"tweets": person.posts},
        "action_counts": {"favorites_count": person.likes},
        "verification": {
            "is_blue_verified": person.blue_verified,
            "verified": person.verified,
        },
        "privacy": {"protected": person.protected, "suspended": person.suspended},
        "avatar": {"image_url": image(person)},
        "as_of": person.as_of.isoformat() if person.as_of else None,
    }
