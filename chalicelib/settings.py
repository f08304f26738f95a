"""Every environment variable that ctgo reads, one sentence each; nothing else reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict, Field


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
    allow_loopback_http: bool = Field(
        False, description="Lets webhooks go to http on loopback; for work on one machine only."
    )
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
