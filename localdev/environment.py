"""The environment variables that point every SDK and the app at loopback, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from localdev.finders import KEY as FINDER_KEY
from localdev.ministack import ACCOUNT_ID, KEY, REGION
from localdev.telegram import TOKEN as BOT_TOKEN

PRICES = {"starter": "price_starter", "growth": "price_growth", "pro": "price_pro"}
"""The price ids of our tiers at the fake Stripe."""
ROOT = Path(__file__).resolve().parent.parent
STAGE = "local"
STRIPE_SIGNS_WITH = "whsec_local"
"""What the fake Stripe signs its events with."""
CREDENTIALS = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY}


def client(service: str, endpoint_url: str) -> Any:
    """A boto3 client of an emulated service; it can reach nothing but `endpoint_url`."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        config=Config(
            max_pool_connections=64,
            connect_timeout=3,
            retries={"total_max_attempts": 2},
        ),
        **CREDENTIALS,
    )


def isolated() -> dict[str, str]:
    """This process' environment without anything of a real AWS account, ready for children."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    python_path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    return kept | {
        "PYTHONPATH": python_path,
        "PYTHONUNBUFFERED": "1",
        "STAGE": STAGE,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCOUNT_ID": ACCOUNT_ID,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def wired(
    *,
    aws_url: str,
    scheduler_url: str,
    x_world_url: str,
    base_url: str,
    stripe_url: str | None = None,
) -> dict[str, str]:
    """What makes the app of a child process talk to this local world."""
    return (
        isolated()
        | _paying(stripe_url)
        | {
            "AWS_ENDPOINT_URL": aws_url,
            "AWS_ENDPOINT_URL_SCHEDULER": scheduler_url,
            "BASE_URL": base_url,
            "SCRAPEBADGER_BASE_URL": x_world_url,
            "SCRAPEBADGER_API_KEY": "sb_local",
            "SCRAPEBADGER_PER_MINUTE": "60000",
            "APIFY_BASE_URL": x_world_url,
            "APIFY_TOKEN": "apify_local",
            # The people of the fake X link to sites of the real web.
            "FETCH_LINKED_SITES": "false",
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
    )


def _paying(stripe_url: str | None) -> dict[str, str]:
    if stripe_url is None:
        return {}
    return {
        "STRIPE_BASE_URL": stripe_url,
        "STRIPE_API_KEY": "sk_test_local",
        "STRIPE_WEBHOOK_SECRET": STRIPE_SIGNS_WITH,
        **{f"STRIPE_PRICE_{tier.upper()}": price for tier, price in PRICES.items()},
    }


def reaching(*, telegram_url: str, finders_url: str) -> dict[str, str]:
    """What makes the app write to the fake Telegram and ask the fake e-mail finders."""
    finders = {}
    for name in ("PDL", "HUNTER", "PROSPEO"):
        finders |= {f"{name}_BASE_URL": finders_url, f"{name}_API_KEY": FINDER_KEY}
    return {"TELEGRAM_BASE_URL": telegram_url, "TELEGRAM_BOT_TOKEN": BOT_TOKEN, **finders}
