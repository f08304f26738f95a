"""The digest of a day or a week: what was found since the last one, over all streams."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from chalicelib.ids import MAX_ID
from chalicelib.leads.table import LeadItem, rank
from chalicelib.mail import Letter
from chalicelib.notices import rules
from chalicelib.notices.blocks import Block, Button, Heading
from chalicelib.notices.channels import Channels
from chalicelib.notices.jobs import MailDigest
from chalicelib.notices.letters import letter
from chalicelib.notices.once import KEPT, once
from chalicelib.notices.showing import Shown, count_of
from chalicelib.notices.table import NoticeItem
from chalicelib.settings import settings
from chalicelib.streams.digests import digest_of
from chalicelib.streams.workspace import Workspace

_MOST_STREAMS = 12
_MOST_SHOWN = 5


def mail_digests(job: MailDigest, channels: Channels) -> None:
    """Mail what is due when the schedule fires; a day without news has no mail."""
    workspace = Workspace.read(job.user_id, first="self")
    if workspace.user is None:
        return
    for rhythm in rules.rhythms_due(job.at, workspace.user.timezone):
        ids = {
            stream_id
            for stream_id, stream in workspace.streams.items()
            if digest_of(stream, workspace.user) == rhythm
        }
        if ids:
            _mail(job, rhythm, workspace, ids, channels)


def _mail(
    job: MailDigest, rhythm: str, workspace: Workspace, ids: set[int], channels: Channels
) -> None:
    last = NoticeItem.find(job.user_id, f"last-digest#{rhythm}")
    since, until = rules.span_of(rhythm, job.at, last.until if last else None)
    if since >= until:
        return
    found = _found(job.user_id, ids, since, until)
    if found:
        notice = f"digest#{rhythm}#{job.at:%Y-%m-%dT%H:%M}"
        mail = _letter(workspace, rhythm, found, notice)
        once(job.user_id, notice, lambda: channels.mail.post(mail))
    NoticeItem(
        job.user_id,
        f"last-digest#{rhythm}",
        until=until,
        expires=int((until + KEPT).timestamp()),
    ).save()


def _found(user_id: int, ids: set[int], since: datetime, until: datetime) -> dict[int, Shown]:
    """The leads that these streams found after `since`, up to `until`, by stream."""
    found: dict[int, Shown] = defaultdict(lambda: Shown(_MOST_SHOWN))
    span = LeadItem.rank.between(rank(since + timedelta(seconds=1), 0), rank(until, MAX_ID))
    for lead in LeadItem.of_user_matched.query(user_id, span):
        if isinstance(lead, LeadItem) and lead.stream_id in ids:
            found[lead.stream_id].add(lead)
    return found


def _letter(workspace: Workspace, rhythm: str, found: dict[int, Shown], notice: str) -> Letter:
    total = sum(shown.total for shown in found.values())
    most_first = sorted(found, key=lambda stream_id: found[stream_id].total, reverse=True)
    blocks: list[Block] = []
    for stream_id in most_first[:_MOST_STREAMS]:
        shown = found[stream_id]
        blocks += [Heading(workspace.streams[stream_id].name, shown.summary), *shown.blocks()]
    others = [workspace.streams[stream_id].name for stream_id in most_first[_MOST_STREAMS:]]
    if others:
        blocks.append(Heading(f"More in {rules.names(others)}"))
    blocks.append(Button("See all leads", settings().ui_origin))
    user = workspace.owner
    return letter(
        to=[user.email],
        subject=f"{count_of(total)} {'today' if rhythm == 'daily' else 'this week'}",
        blocks=blocks,
        why=f"You get this {'every day' if rhythm == 'daily' else 'every Monday'} at 8:00"
        f" ({user.timezone}) when there are new leads.",
        notice=notice,
        ends=(user.user_id, "digest"),
    )
