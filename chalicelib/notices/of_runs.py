"""Telling people what became of a run: a file of its leads, a digest, a message, an alert."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib import clock
from chalicelib.auth.users import UserItem
from chalicelib.errors import StreamNotFound
from chalicelib.leads.table import LeadItem
from chalicelib.notices import rules, sheets, telegram
from chalicelib.notices.announcing import goes_to_telegram
from chalicelib.notices.blocks import Button, Facts, Paragraph
from chalicelib.notices.channels import Channels
from chalicelib.notices.jobs import MailRunDigest, MailRunFailure, MailSheet, OfRun, TellByTelegram
from chalicelib.notices.letters import letter
from chalicelib.notices.once import once
from chalicelib.notices.showing import Shown, count_of
from chalicelib.runs.found import leads_of
from chalicelib.runs.starting import own
from chalicelib.runs.table import RunItem
from chalicelib.settings import settings
from chalicelib.streams.digests import digest_of
from chalicelib.streams.table import StreamItem

MOST_SHOWN = 10
PATIENCE = 3
"""How often a notice waits for an index that is behind its table."""


class NotYetThere(Exception):
    """The index does not show all leads of the run yet."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """A run that is over, with what it belongs to."""

    user: UserItem
    stream: StreamItem
    run: RunItem

    def leads(self, job: OfRun) -> list[LeadItem]:
        """What it found. Raises NotYetThere, until waiting longer makes no sense: leads may also
        have been erased or judged anew since.
        """
        found = list(leads_of(self.run))
        if len(found) < self.run.entered and job.put_off < PATIENCE:
            raise NotYetThere
        return found


def mail_sheet(job: MailSheet, channels: Channels) -> None:
    """Mail the run's leads as a file to those whom the stream names."""
    ended = _ended(job)
    recipients = ended.stream.csv_email_recipients if ended else None
    if ended is None or not recipients:
        return
    leads = ended.leads(job)
    if leads:

        def send() -> None:
            mail = sheets.letter_with(leads, ended.user, ended.stream, ended.run, channels.storage)
            channels.mail.post(mail)

        once(job.user_id, f"sheet#{job.run_id}", send)


def mail_digest(job: MailRunDigest, channels: Channels) -> None:
    """Mail the user what the run found."""
    ended = _ended(job)
    if ended is None or digest_of(ended.stream, ended.user) != "after_every_sync":
        return
    shown = Shown.of(ended.leads(job), MOST_SHOWN)
    if not shown.total:
        return
    notice = f"digest#run#{job.run_id}"
    mail = letter(
        to=[ended.user.email],
        subject=f"{count_of(shown.total)} in {ended.stream.name}",
        blocks=[
            Paragraph(f"{shown.summary}, among the followers of @{ended.run.handle}."),
            *shown.blocks(),
            Button("See all leads", settings().ui_origin),
        ],
        why="You get this after every sync that finds leads.",
        notice=notice,
        ends=(job.user_id, "digest"),
    )
    once(job.user_id, notice, lambda: channels.mail.post(mail))


def tell_by_telegram(job: TellByTelegram, channels: Channels) -> None:
    """Write to the user's chat what the run found."""
    ended = _ended(job)
    if ended is None or channels.telegram is None:
        return
    chat, bot = ended.user.telegram_chat_id, channels.telegram
    if not chat or not goes_to_telegram(ended.stream, ended.user):
        return
    shown = Shown.of(ended.leads(job), telegram.MOST_SHOWN)
    if shown.total:
        words = telegram.message(ended.stream.name, ended.run.handle, shown)
        once(
            job.user_id, f"telegram#{job.run_id}", lambda: bot.send(chat, words, telegram.errand())
        )


def mail_failure(job: MailRunFailure, channels: Channels) -> None:
    """Mail the user that the run failed, once a stream and day of the user."""
    ended = _ended(job)
    if ended is None or not ended.user.run_failure_alerts:
        return
    run, stream = ended.run, ended.stream
    day = rules.day_of(run.completed_at or clock.now(), ended.user.timezone)
    notice = f"failure#{job.stream_id}#{day}"
    mail = letter(
        to=[ended.user.email],
        subject=f"A run of {stream.name} failed",
        blocks=[
            Paragraph(
                "Leads found before it failed are kept. The next sync reads what this one missed."
            ),
            Facts(
                [
                    ("Account", f"@{run.handle}"),
                    ("Started", clock.iso(run.triggered_at)),
                    ("Why", str(run.error or "unknown")),
                ]
            ),
            Button("Look at the stream", settings().ui_origin),
        ],
        why="You get this at most once a day for each stream when a run fails.",
        notice=notice,
        ends=(job.user_id, "run_failures"),
    )
    once(job.user_id, notice, lambda: channels.mail.post(mail))


def _ended(job: OfRun) -> _Ended | None:
    """None when the stream or the run is gone. Two round trips."""
    run = RunItem.find(job.stream_id, job.run_id)
    if run is None or not run.is_over:
        return None
    try:
        return _Ended(*own(job.user_id, job.stream_id), run)
    except StreamNotFound:
        return None
