"""The mail with a run's leads as a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from chalicelib.auth.users import UserItem
from chalicelib.exports import files, links
from chalicelib.exports.sheet import row_of
from chalicelib.leads.table import LeadItem
from chalicelib.mail import LARGEST_ATTACHMENT, Attachment, Letter
from chalicelib.notices.blocks import Block, Button, Paragraph
from chalicelib.notices.letters import letter
from chalicelib.notices.showing import Shown, count_of
from chalicelib.runs.table import RunItem
from chalicelib.storage import Storage
from chalicelib.streams.table import StreamItem

_NO_NAME = re.compile(r"[^a-z0-9]+")


def letter_with(
    leads: Sequence[LeadItem],
    user: UserItem,
    stream: StreamItem,
    run: RunItem,
    storage: Storage,
    *,
    largest: int = LARGEST_ATTACHMENT,
) -> Letter:
    """The mail with the leads attached; a file of more than `largest` bytes is linked instead."""
    wanted = stream.csv_email_recipients
    handles = {run.account_id: run.handle}
    file = files.write(
        (row_of(lead, stream_name=stream.name, handles=handles) for lead in leads), wanted["format"]
    )
    name = f"{_file_name(stream.name)}-{run.triggered_at:%Y-%m-%d-%H%M}.{file.format}"
    shown = Shown.of(leads, 0)
    blocks: list[Block] = [
        Paragraph(f"{shown.summary}, among the followers of @{run.handle}."),
    ]
    attachment = None
    if len(file.content) <= largest:
        attachment = Attachment(name=name, content=file.content, media_type=file.media_type)
        blocks.append(Paragraph(f"They are in the attached file, {name}."))
    else:
        key = f"{user.user_id}/sheets/{run.run_id}.{file.format}"
        storage.put(key, file.content, name=name, media_type=file.media_type)
        blocks += [
            Paragraph("The file is too large for a mail. The link works for seven days."),
            Button(f"Download {name}", links.link_to(key)),
        ]
    return letter(
        to=wanted["to"],
        cc=wanted.get("cc", ()),
        reply_to=user.email,
        subject=f"{count_of(shown.total)} in {stream.name}",
        blocks=blocks,
        why=f"{user.name} has the leads of this stream sent to you. To get no more of these mails,"
        " answer to them: your address is in the stream's settings.",
        notice=f"sheet#{run.run_id}",
        attachment=attachment,
    )


def _file_name(stream_name: str) -> str:
    """The stream's name as every file system takes it."""
    plain = unicodedata.normalize("NFKD", stream_name).encode("ascii", "ignore").decode().lower()
    return _NO_NAME.sub("-", plain)[:40].strip("-") or "leads"
