"""Notices as they come off the deliver queue: told now, later, or never."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib import clock, queues, telemetry
from chalicelib.mail import MailPutOff, MailRefused
from chalicelib.notices import alerts, jobs, of_runs, periodic, rules
from chalicelib.notices.channels import Channels
from chalicelib.notices.once import InHand
from chalicelib.telemetry import logger
from chalicelib.upstreams.errors import Refused, Rejected, Unavailable

LONGEST_DELAY = 900
"""Seconds that SQS holds a message back; what is due later comes by several such steps."""
_INDEX_SECONDS = 10

_Handler = Callable[[Any, Channels], None]
_KINDS: dict[str, tuple[type[jobs.Notice], _Handler]] = {
    "mail_sheet": (jobs.MailSheet, of_runs.mail_sheet),
    "mail_run_digest": (jobs.MailRunDigest, of_runs.mail_digest),
    "tell_by_telegram": (jobs.TellByTelegram, of_runs.tell_by_telegram),
    "mail_run_failure": (jobs.MailRunFailure, of_runs.mail_failure),
    "mail_digest": (jobs.MailDigest, periodic.mail_digests),
    "low_credits": (jobs.MailLowCredits, alerts.mail_low_credits),
    "mail_webhook_disabled": (jobs.MailWebhookDisabled, alerts.mail_webhook_disabled),
}


def take(kind: str, body: str, channels: Channels) -> None:
    """Tell what the message asks for. Raises LookupError for a kind that is none of ours."""
    if kind not in _KINDS:
        raise LookupError(f"nobody delivers {kind!r}")
    shape, handle = _KINDS[kind]
    job = shape.model_validate_json(body)
    if job.due is not None and job.due > clock.now():
        _again(job)
        return
    try:
        handle(job, channels)
    except InHand as other:
        _later(job, other.seconds)
    except of_runs.NotYetThere:
        _later(job, _INDEX_SECONDS, counts=True)
    except (MailRefused, Refused, Rejected) as fault:
        _give_up(job, kind, fault)
    except (MailPutOff, Unavailable) as fault:
        due = rules.next_try(job.put_off, clock.now())
        if due is None:
            _give_up(job, kind, fault)
        else:
            _again(job.model_copy(update={"due": due, "put_off": job.put_off + 1}))


def _later(job: jobs.Notice, seconds: int, *, counts: bool = False) -> None:
    due = clock.now() + timedelta(seconds=seconds)
    _again(job.model_copy(update={"due": due, "put_off": job.put_off + counts}))


def _again(job: jobs.Notice) -> None:
    """Put it back on the queue until it is due, or for as long as the queue holds it."""
    left = (job.due - clock.now()).total_seconds() if job.due else 0
    queues.send([job], delay_seconds=max(1, min(LONGEST_DELAY, round(left))))


def _give_up(job: jobs.Notice, kind: str, fault: Exception) -> None:
    telemetry.count("NoticesGivenUp", 1)
    logger.warning(
        "notice given up", extra={"kind": kind, "fault": type(fault).__name__, "user": job.user_id}
    )
