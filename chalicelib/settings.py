"""Every environment variable that ctgo reads, one sentence each; nothing else reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Settings(BaseModel):
    """The whole configuration, read once. Each field is the environment variable in upper case.

    Endpoints of AWS follow the SDK's own `AWS_ENDPOINT_URL` (and its per-service forms), which
    together with the base URLs below is the whole difference between AWS and a laptop.
    """

    model_config = ConfigDict(frozen=True)

    stage: str = Field("local", description="Names every table, queue and schedule group.")
    aws_region: str = Field("us-east-1", description="Region of all AWS resources.")
    aws_account_id: str = Field(
        "000000000000", description="Account that owns the queues and the scheduler's role."
    )
    base_url: str = Field(
        "https://www.catchthegoodones.com/api/v2",
        description="Public address of the API, used in links and in the OpenAPI document.",
    )
    ui_origin: str = Field(
        "https://www.catchthegoodones.com",
        description="The one web origin that may call with cookies, and where sign-in ends.",
    )
    key_pepper: str = Field(
        "local-pepper",
        description="Secret mixed into the hash of API keys; changing it invalidates every key.",
        repr=False,
    )
    cursor_secret: str = Field(
        "local-cursor-secret", description="Secret that signs list cursors.", repr=False
    )
    mail_sender: str = Field(
        "ctgo@catchthegoodones.com",
        description="Address that mail comes from; Amazon SES must know it as verified.",
    )
    scrapebadger_base_url: str = Field(
        "https://scrapebadger.com", description="Address of the first X data provider."
    )
    scrapebadger_api_key: str = Field(
        "", description="Key of ScrapeBadger; empty leaves the provider out.", repr=False
    )
    apify_base_url: str = Field(
        "https://api.apify.com", description="Address of Apify, which runs kaitoeasyapi's actors."
    )
    apify_token: str = Field(
        "", description="Token of Apify; empty leaves the provider out.", repr=False
    )
    pdl_base_url: str = Field(
        "https://api.peopledatalabs.com", description="Address of People Data Labs."
    )
    pdl_api_key: str = Field(
        "", description="Key of People Data Labs; empty leaves the provider out.", repr=False
    )
    hunter_base_url: str = Field("https://api.hunter.io", description="Address of Hunter.")
    hunter_api_key: str = Field(
        "", description="Key of Hunter; empty leaves the provider out.", repr=False
    )
    prospeo_base_url: str = Field("https://api.prospeo.io", description="Address of Prospeo.")
    prospeo_api_key: str = Field(
        "", description="Key of Prospeo; empty leaves the provider out.", repr=False
    )
    llm_base_url: str = Field(
        "",
        description="Address of an OpenAI-compatible API, up to what stands before"
        " /chat/completions; empty leaves all judging to the embedded rules.",
    )
    llm_api_key: str = Field(
        "", description="Key of the language model, where it wants one.", repr=False
    )
    llm_model: str = Field(
        "", description="Name of the language model, as its API has it; needed with LLM_BASE_URL."
    )
    llm_spend_per_run: int = Field(
        40,
        ge=0,
        description="Calls to the language model, of ten profiles each, that one run may make.",
    )
    llm_timeout: float = Field(
        15, gt=0, description="Seconds that one call to the language model may take."
    )
    stripe_api_key: str = Field(
        "", description="Secret key of Stripe; empty refuses whatever needs a payment.", repr=False
    )
    stripe_base_url: str = Field("https://api.stripe.com", description="Address of Stripe's API.")
    stripe_webhook_secret: str = Field(
        "",
        description="Signing secret of Stripe's events; empty refuses every event.",
        repr=False,
    )
    stripe_price_starter: str = Field("", description="Stripe's price id of a starter account.")
    stripe_price_growth: str = Field("", description="Stripe's price id of a growth account.")
    stripe_price_pro: str = Field("", description="Stripe's price id of a pro account.")
    requests_per_minute: int = Field(
        60, ge=1, description="Requests that one API key may make in a minute."
    )
    allow_loopback_http: bool = Field(
        False, description="Lets webhooks go to http on loopback; for work on one machine only."
    )
    tracing: bool = Field(False, description="Sends traces of queue handlers to X-Ray.")
    bot_threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Bot score from which a profile is dropped; empty means the engine's own.",
    )
    baseline_cap: int | None = Field(
        None, ge=1, description="Replaces every plan's followers per sync; for measurements only."
    )
    scrape_seconds: float = Field(
        15,
        gt=0,
        description="How long one scrape job reads before it hands on to a fresh one.",
    )

    @model_validator(mode="after")
    def _names_its_model(self) -> Settings:
        if self.llm_base_url and not self.llm_model:
            raise ValueError("LLM_BASE_URL needs LLM_MODEL beside it")
        return self

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings from `environ`. Raises pydantic.ValidationError naming every fault."""
        values = {
            name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper())
        }
        return cls.model_validate(values)

    def resource(self, name: str) -> str:
        """The name of a table, queue or schedule group of this stage."""
        return f"ctgo-{self.stage}-{name}"

    def queue_arn(self, name: str) -> str:
        """The ARN of one of our queues."""
        return f"arn:aws:sqs:{self.aws_region}:{self.aws_account_id}:{self.resource(name)}"

    def role_arn(self, name: str) -> str:
        """The ARN of a role that `infra/resources.yaml` declares."""
        return f"arn:aws:iam::{self.aws_account_id}:role/{self.resource(name)}"


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.load(os.environ)
