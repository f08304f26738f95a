"""Telling a user of trouble that is not a run's."""

from __future__ import annotations

from chalicelib import clock
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.credits import balance
from chalicelib.billing.plans import LOW_BALANCE
from chalicelib.notices.blocks import Button, Facts, Paragraph
from chalicelib.notices.channels import Channels
from chalicelib.notices.jobs import MailLowCredits, MailWebhookDisabled
from chalicelib.notices.letters import letter
from chalicelib.notices.once import once
from chalicelib.notices.showing import count_of
from chalicelib.settings import settings

_REASONS = {
    "gone": "It answered 410, which means that nobody is there any more.",
    "failing": "For five days nothing that was sent there was taken.",
}


def mail_low_credits(job: MailLowCredits, channels: Channels) -> None:
    """Mail the user that credits fell to the threshold, once for each time."""
    user = UserItem.find(job.user_id, SELF)
    if user is None or not user.low_credit_alerts:
        return
    left, notice = balance(user), f"low-credits#{job.granted}"
    mail = letter(
        to=[user.email],
        subject=f"{count_of(left, 'credit', 'credits')} left",
        blocks=[
            Paragraph(
                "Contact look-ups stop when none are left. The next billing period brings new"
                " ones; so does another account, or a higher tier."
            ),
            Facts([("Credits left", str(left)), ("You hear of it at", str(LOW_BALANCE))]),
            Button("Look at your plan", settings().ui_origin),
        ],
        why="You get this once each time the credits run low.",
        notice=notice,
        ends=(job.user_id, "low_credits"),
    )
    once(job.user_id, notice, lambda: channels.mail.post(mail))


def mail_webhook_disabled(job: MailWebhookDisabled, channels: Channels) -> None:
    """Mail the user that an address is given up."""
    user = UserItem.find(job.user_id, SELF)
    if user is None:
        return
    notice = f"webhook-off#{job.since:%Y-%m-%dT%H:%M}#{job.target_url}"[:900]
    mail = letter(
        to=[user.email],
        subject="A webhook was switched off",
        blocks=[
            Paragraph(_REASONS[job.reason]),
            Facts([("Address", job.target_url), ("Switched off", clock.iso(job.since))]),
            Paragraph("To switch it on, subscribe the address again, or set it in the stream."),
            Button("Look at your streams", settings().ui_origin),
        ],
        why="You get this because an address of yours is not called any more.",
        notice=notice,
    )
    once(job.user_id, notice, lambda: channels.mail.post(mail))
