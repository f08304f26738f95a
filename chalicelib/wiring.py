"""The one place that builds the clients of other systems, each once per process.

Routes and `app.py` hand them to the services as arguments; nothing else imports this module.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from chalicelib import aws
from chalicelib.scheduling.schedules import Schedules
from chalicelib.settings import settings
from chalicelib.upstreams.profiles import Profiles, build_profiles
from chalicelib.webhooks.addresses import is_safe_url as check_url


@cache
def profiles() -> Profiles:
    """The X data providers, in the order in which they are asked."""
    found = settings()
    return build_profiles(
        scrapebadger_base_url=found.scrapebadger_base_url,
        scrapebadger_api_key=found.scrapebadger_api_key,
        apify_base_url=found.apify_base_url,
        apify_token=found.apify_token,
    )


@cache
def schedules() -> Schedules:
    """EventBridge Scheduler."""
    return Schedules(aws.client("scheduler"), settings())


@cache
def is_safe_url() -> Callable[[str], bool]:
    """The check of addresses that we are asked to call."""
    return partial(check_url, allow_loopback_http=settings().allow_loopback_http)
