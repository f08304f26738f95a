"""Every environment variable that ctgo reads, one sentence each; nothing else reads them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any


class SettingsInvalid(ValueError):
    """Some variables cannot be read; the message names each and says why."""


def _text(given: str) -> str:
    return given


def _switch(given: str) -> bool:
    try:
        return {"true": True, "1": True, "false": False, "0": False}[given.lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def _between(
    kind: Callable[[str], Any], least: float, most: float = float("inf")
) -> Callable[[str], Any]:
    def read(given: str) -> Any:
        try:
            value = kind(given)
        except ValueError:
            raise ValueError("must be a number") from None
        if not least <= value <= most:
            raise ValueError(f"must be {least:g} at least" + f", {most:g} at most" * (most < 1e9))
        return value

    return read


def _setting(
    default: Any, read: Callable[[str], Any] = _text, *, description: str, repr: bool = True
) -> Any:
    """A field. No validation library here: it would cost each cold start 10 ms."""
    return field(default=default, repr=repr, metadata={"read": read, "description": description})


GENERATED = ("KEY_PEPPER", "CURSOR_SECRET", "PRIVACY_SECRET")
"""Settings whose built-in values are public, and so serve on one machine only."""
ONE_MACHINE = ("local", "test")
"""Stages that nobody else can reach."""


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """The whole configuration, read once. Each field is the environment variable in upper case.

    Endpoints of AWS follow the SDK's own `AWS_ENDPOINT_URL` (and its per-service forms), which
    together with the base URLs below is the whole difference between AWS and a laptop.
    """

    stage: str = _setting("local", description="Names every table, queue and schedule group.")
    aws_region: str = _setting("us-east-1", description="Region of all AWS resources.")
    aws_account_id: str = _setting(
        "000000000000", description="Account that owns the queues and the scheduler's role."
    )
    base_url: str = _setting(
        "https://www.catchthegoodones.com/api/v2",
        description="Public address of the API, used in links and in the OpenAPI document.",
    )
    ui_origin: str = _setting(
        "https://www.catchthegoodones.com",
        description="The one web origin that may call with cookies, and where sign-in ends.",
    )
    secrets: str = _setting(
        "",
        description="Name of the secret in Secrets Manager that holds further settings, as a JSON"
        " object of variables; empty reads none. What the environment says wins.",
    )
    key_pepper: str = _setting(
        "local-pepper",
        description="Secret mixed into the hash of API keys; changing it invalidates every key.",
        repr=False,
    )
    cursor_secret: str = _setting(
        "local-cursor-secret",
        description="Secret that signs list cursors, and hides profiles from a language model"
        " behind ids that nobody can guess.",
        repr=False,
    )
    mail_sender: str = _setting(
        "ctgo@catchthegoodones.com",
        description="Address that mail comes from; Amazon SES must know it as verified.",
    )
    scrapebadger_base_url: str = _setting(
        "https://scrapebadger.com", description="Address of the first X data provider."
    )
    scrapebadger_api_key: str = _setting(
        "", description="Key of ScrapeBadger; empty leaves the provider out.", repr=False
    )
    scrapebadger_per_minute: int = _setting(
        300,
        _between(int, 0),
        description="Calls to ScrapeBadger that all workers together may make in a minute: 60 on"
        " its free plan, 300 on basic, 1000 on pro, 5000 on enterprise; 0 leaves it to"
        " ScrapeBadger.",
    )
    apify_base_url: str = _setting(
        "https://api.apify.com", description="Address of Apify, which runs kaitoeasyapi's actors."
    )
    apify_token: str = _setting(
        "", description="Token of Apify; empty leaves the provider out.", repr=False
    )
    apify_per_minute: int = _setting(
        1_800,
        _between(int, 0),
        description="Calls to Apify that all workers together may make in a minute; it allows some"
        " 60 a second. 0 leaves it to Apify.",
    )
    pdl_base_url: str = _setting(
        "https://api.peopledatalabs.com", description="Address of People Data Labs."
    )
    pdl_api_key: str = _setting(
        "", description="Key of People Data Labs; empty leaves the provider out.", repr=False
    )
    hunter_base_url: str = _setting("https://api.hunter.io", description="Address of Hunter.")
    hunter_api_key: str = _setting(
        "", description="Key of Hunter; empty leaves the provider out.", repr=False
    )
    prospeo_base_url: str = _setting("https://api.prospeo.io", description="Address of Prospeo.")
    prospeo_api_key: str = _setting(
        "", description="Key of Prospeo; empty leaves the provider out.", repr=False
    )
    llm_base_url: str = _setting(
        "",
        description="Address of an OpenAI-compatible API, up to what stands before"
        " /chat/completions; empty leaves all judging to the embedded rules.",
    )
    llm_api_key: str = _setting(
        "", description="Key of the language model, where it wants one.", repr=False
    )
    llm_model: str = _setting(
        "", description="Name of the language model, as its API has it; needed with LLM_BASE_URL."
    )
    llm_spend_per_run: int = _setting(
        40,
        _between(int, 0),
        description="Calls to the language model, of ten profiles each, that one run may make.",
    )
    llm_timeout: float = _setting(
        15.0,
        _between(float, 0.1),
        description="Seconds that one call to the language model may take.",
    )
    fetch_linked_sites: bool = _setting(
        True,
        _switch,
        description="Lets a contact look-up read the site that a profile links to.",
    )
    telegram_base_url: str = _setting(
        "https://api.telegram.org", description="Address of Telegram's bot API."
    )
    telegram_bot_token: str = _setting(
        "", description="Token of the Telegram bot; empty sends no messages.", repr=False
    )
    retention_days: int = _setting(
        0,
        _between(int, 0),
        description="Days after which people who were found, and look-ups, are removed; 0 keeps"
        " them.",
    )
    privacy_secret: str = _setting(
        "local-privacy-secret",
        description="Secret that keys the hashes of erased people; changing it lets runs find them"
        " again.",
        repr=False,
    )
    stripe_api_key: str = _setting(
        "", description="Secret key of Stripe; empty refuses whatever needs a payment.", repr=False
    )
    stripe_base_url: str = _setting(
        "https://api.stripe.com", description="Address of Stripe's API."
    )
    stripe_webhook_secret: str = _setting(
        "",
        description="Signing secret of Stripe's events; empty refuses every event.",
        repr=False,
    )
    stripe_price_starter: str = _setting("", description="Stripe's price id of a starter account.")
    stripe_price_growth: str = _setting("", description="Stripe's price id of a growth account.")
    stripe_price_pro: str = _setting("", description="Stripe's price id of a pro account.")
    requests_per_minute: int = _setting(
        60, _between(int, 1), description="Requests that one API key may make in a minute."
    )
    allow_loopback_http: bool = _setting(
        False,
        _switch,
        description="Lets webhooks go to http on loopback; for work on one machine only.",
    )
    tracing: bool = _setting(False, _switch, description="Sends traces of queue handlers to X-Ray.")
    bot_threshold: float | None = _setting(
        None,
        _between(float, 0, 1),
        description="Bot score from which a profile is dropped; empty means the engine's own.",
    )
    baseline_cap: int | None = _setting(
        None,
        _between(int, 1),
        description="Replaces every plan's followers per sync; for measurements only.",
    )
    scrape_seconds: float = _setting(
        15.0,
        _between(float, 0.1),
        description="How long one scrape job reads before it hands on to a fresh one.",
    )

    @classmethod
    def load(cls, environ: Mapping[str, object]) -> Settings:
        """Read the settings from `environ`, where an empty text is as good as none.

        Raises SettingsInvalid naming every fault, and no value.
        """
        values: dict[str, Any] = {}
        faults = []
        for each in fields(cls):
            given = environ.get(each.name.upper(), "")
            if not isinstance(given, str):
                faults.append(f"{each.name.upper()} must be a text")
            elif given:
                try:
                    values[each.name] = each.metadata["read"](given)
                except ValueError as fault:
                    faults.append(f"{each.name.upper()} {fault}")
        if values.get("llm_base_url") and not values.get("llm_model"):
            faults.append("LLM_BASE_URL needs LLM_MODEL beside it")
        if faults:
            raise SettingsInvalid("; ".join(faults))
        return cls(**values)

    def refuse_built_in(self) -> None:
        """Raises SettingsInvalid naming the secrets that are as everybody can read them here."""
        public = [name for name in GENERATED if getattr(self, name.lower()) == BUILT_IN[name]]
        if public:
            raise SettingsInvalid(f"secrets that are built in, so public: {', '.join(public)}")

    def resource(self, name: str) -> str:
        """The name of a table, queue or schedule group of this stage."""
        return f"ctgo-{self.stage}-{name}"

    @property
    def files_bucket(self) -> str:
        """The bucket of exported files; buckets share one name space, so the account is in it."""
        return f"{self.resource('files')}-{self.aws_account_id}"

    def queue_arn(self, name: str) -> str:
        """The ARN of one of our queues."""
        return f"arn:aws:sqs:{self.aws_region}:{self.aws_account_id}:{self.resource(name)}"

    def role_arn(self, name: str) -> str:
        """The ARN of a role that `infra/resources.yaml` declares."""
        return f"arn:aws:iam::{self.aws_account_id}:role/{self.resource(name)}"


BUILT_IN = {each.name.upper(): each.default for each in fields(Settings)}
"""The value of each variable that is not given."""
NAMES = BUILT_IN.keys()
_secrets: dict[str, object] = {}
"""Settings out of a store, which those of the environment go before."""


def adopt(secrets: Mapping[str, object]) -> list[str]:
    """Take up settings from a store, in place of those adopted before; the environment wins.

    Returns the names that are no settings and were left out: a store serves the versions before
    and after this one too. Raises SettingsInvalid, and changes nothing, when others cannot be
    read or a secret would be the built-in one.
    """
    known = {name: value for name, value in secrets.items() if name in NAMES}
    Settings.load({**known, **_given()}).refuse_built_in()
    abandon()
    _secrets.update(known)
    return sorted(secrets.keys() - NAMES)


def abandon() -> None:
    """Go back to what the environment alone says."""
    _secrets.clear()
    settings.cache_clear()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.load({**_secrets, **_given()})


def _given() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if value}
