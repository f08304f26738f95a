"""The one place that builds the clients of other systems, each once per process.

Routes and `app.py` hand them to the services as arguments; nothing else imports this module.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from chalicelib import aws
from chalicelib.billing.stripe_client import Stripe, build_stripe
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.enrichment.chain import Chain
from chalicelib.enrichment.providers import build_chain
from chalicelib.mail import Mailer
from chalicelib.scheduling.schedules import Schedules
from chalicelib.settings import settings
from chalicelib.streams.upkeep import Upkeep
from chalicelib.upstreams.profiles import Profiles, build_profiles
from chalicelib.webhooks.addresses import is_safe_url as check_url

if TYPE_CHECKING:
    from chalicelib.judging.second_opinion import SecondOpinion


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
def contacts() -> Chain:
    """The e-mail finders, in the order in which they are asked."""
    found = settings()
    return build_chain(
        pdl_base_url=found.pdl_base_url,
        pdl_api_key=found.pdl_api_key,
        hunter_base_url=found.hunter_base_url,
        hunter_api_key=found.hunter_api_key,
        prospeo_base_url=found.prospeo_base_url,
        prospeo_api_key=found.prospeo_api_key,
    )


@cache
def second_opinion() -> SecondOpinion | None:
    """The language model's part in judging; None where the rules judge alone."""
    found = settings()
    if not found.llm_base_url:
        return None
    from chalicelib.judging.second_opinion import SecondOpinion
    from chalicelib.upstreams.language_model import build_language_model

    model = build_language_model(
        base_url=found.llm_base_url,
        api_key=found.llm_api_key,
        model=found.llm_model,
        timeout=found.llm_timeout,
    )
    return SecondOpinion(model, secret=found.cursor_secret)


@cache
def schedules() -> Schedules:
    """EventBridge Scheduler."""
    return Schedules(aws.client("scheduler"), settings())


@cache
def stripe() -> Stripe:
    """Stripe. Raises StripeFailed where it is not configured."""
    return build_stripe(settings())


@cache
def subscriptions() -> Subscriptions:
    """What subscriptions at Stripe hold."""
    return Subscriptions(stripe)


@cache
def upkeep() -> Upkeep:
    """What follows when a workspace changes."""
    return Upkeep(schedules(), subscriptions())


@cache
def mailer() -> Mailer:
    """Amazon SES."""
    return Mailer(aws.client("ses"), settings().mail_sender)


@cache
def is_safe_url() -> Callable[[str], bool]:
    """The check of addresses that we are asked to call."""
    return partial(check_url, allow_loopback_http=settings().allow_loopback_http)
