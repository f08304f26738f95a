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
from chalicelib.enrichment.providers import SITE_SECONDS, build_chain
from chalicelib.mail import Mailer
from chalicelib.open_web.addresses import is_safe_url as check_url
from chalicelib.scheduling.digests import DigestSchedules
from chalicelib.scheduling.schedules import Schedules
from chalicelib.settings import settings
from chalicelib.storage import Storage
from chalicelib.streams.upkeep import Upkeep
from chalicelib.upstreams.profiles import Profiles, build_profiles

if TYPE_CHECKING:
    from chalicelib.delivery.edges import Edges
    from chalicelib.judging.second_opinion import SecondOpinion
    from chalicelib.nightly.caretaker import Caretaker
    from chalicelib.open_web.client import Client
    from chalicelib.upstreams.telegram import Telegram


@cache
def profiles() -> Profiles:
    """The X data providers, in the order in which they are asked."""
    found = settings()
    return build_profiles(
        scrapebadger_base_url=found.scrapebadger_base_url,
        scrapebadger_api_key=found.scrapebadger_api_key,
        apify_base_url=found.apify_base_url,
        apify_token=found.apify_token,
        scrapebadger_per_minute=found.scrapebadger_per_minute,
        apify_per_minute=found.apify_per_minute,
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
        web=_site_reader() if found.fetch_linked_sites else None,
    )


def _site_reader() -> Client:
    """Reads sites that people on X link to, so that others have time left for an answer."""
    from chalicelib.open_web.client import Client

    return Client(allow_loopback_http=settings().allow_loopback_http, seconds=SITE_SECONDS)


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
def digest_schedules() -> DigestSchedules:
    """EventBridge Scheduler, for digests."""
    return DigestSchedules(aws.client("scheduler"), settings())


@cache
def storage() -> Storage:
    """The bucket of exported files."""
    return Storage(aws.client("s3"), settings().files_bucket)


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
def caretaker() -> Caretaker:
    """What the upkeep queue asks for; its parts are done for every user each night."""
    from chalicelib.billing.adding_up import add_up
    from chalicelib.nightly.caretaker import Caretaker
    from chalicelib.nightly.reconciling import mend_schedules, watch_runs
    from chalicelib.privacy.retention import expire
    from chalicelib.settlement.reconciling import reconcile
    from chalicelib.streams.digests import follow_digest

    return Caretaker(
        upkeep(),
        schedules(),
        parts={
            "schedules": partial(mend_schedules, schedules=schedules()),
            "runs": watch_runs,
            "digests": partial(follow_digest, schedules=digest_schedules()),
            "stripe": partial(reconcile, subscriptions=subscriptions()),
            "credits": add_up,
            "retention": expire,
        },
        others={
            "erase_person": _erase_person,
            "erase_user": _erase_user,
            "export_user": _export_user,
        },
    )


def _erase_person(body: str) -> None:
    from chalicelib.privacy import jobs, people

    people.erase_person(jobs.ErasePerson.model_validate_json(body), storage())


def _erase_user(body: str) -> None:
    from chalicelib.privacy import jobs, users

    edges = users.Edges(schedules(), digest_schedules(), subscriptions(), storage())
    users.erase_user(jobs.EraseUser.model_validate_json(body), edges)


def _export_user(body: str) -> None:
    from chalicelib.privacy import exporting, jobs

    exporting.write_part(jobs.ExportUser.model_validate_json(body), storage())


@cache
def mailer() -> Mailer:
    """Amazon SES."""
    return Mailer(aws.client("ses"), settings().mail_sender)


@cache
def is_safe_url() -> Callable[[str], bool]:
    """The check of addresses that we are asked to call."""
    return partial(check_url, allow_loopback_http=settings().allow_loopback_http)


@cache
def delivery() -> Edges:
    """What carries leads and news out."""
    from chalicelib.delivery.edges import Edges
    from chalicelib.notices.channels import Channels
    from chalicelib.open_web.client import Client

    web = Client(allow_loopback_http=settings().allow_loopback_http)
    return Edges(web, Channels(mailer(), telegram(), storage()))


@cache
def telegram() -> Telegram | None:
    """Our bot; None where it has no token."""
    found = settings()
    if not found.telegram_bot_token:
        return None
    import httpx

    from chalicelib.upstreams import telegram
    from chalicelib.upstreams.transport import Transport

    client = httpx.Client(base_url=found.telegram_base_url)
    transport = Transport(
        client, provider=telegram.NAME, named_faults=telegram.NAMED_FAULTS, attempts=2
    )
    return telegram.Telegram(transport, found.telegram_bot_token)


def rebuild() -> None:
    """Make every client anew when it is next asked for: a secret has changed."""
    for made in list(globals().values()):
        forget = getattr(made, "cache_clear", None)
        if forget:
            forget()
