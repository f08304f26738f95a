"""Erasing a person on X from a user's workspace. Only a hash is left, by which runs know them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from itertools import product

from chalicelib import db, queues, suppression
from chalicelib.accounts.table import AccountItem
from chalicelib.delivery.table import BodyItem
from chalicelib.enrichment.table import ContactItem
from chalicelib.judging.question import show
from chalicelib.judging.table import OpinionItem
from chalicelib.leads.table import EchoItem, LeadItem, echo_key, person_key
from chalicelib.leads.tally import Changes
from chalicelib.lookups.table import (
    ENRICH,
    ENRICH_EMAIL,
    HEAD,
    CountItem,
    HistoryItem,
    LookupItem,
    history_of,
)
from chalicelib.privacy import exporting
from chalicelib.privacy.jobs import SWEEP_AGAIN_SECONDS, ErasePerson
from chalicelib.profile import Profile
from chalicelib.runs.audience import BatchItem, FollowerItem, pack
from chalicelib.settings import settings
from chalicelib.storage import Storage
from chalicelib.streams.workspace import Workspace


def erase_lead(user_id: int, lead_id: int) -> None:
    """Remove a lead at once, and have everything else about the person removed soon.

    Raises LeadNotFound. The hash is written with the removal: no run finds the person from now on.
    """
    lead = LeadItem.with_public_id(user_id, lead_id)
    x_user_id = lead.person.partition("#")[2]
    queues.send([ErasePerson(user_id=user_id, x_user_id=x_user_id)])
    _remove_lead(lead)


def erase_person(job: ErasePerson, storage: Storage) -> None:
    """Remove all that the workspace holds of a person, here and in what is on its way out."""
    user_id, x_user_id = job.user_id, job.x_user_id
    suppression.row_of(user_id, x_user_id).save()
    workspace = Workspace.read(user_id)
    profiles: list[Profile] = []
    for lead in _leads_about(workspace, x_user_id):
        profiles.append(Profile.from_dict(lead.profile))
        _remove_lead(lead)
    for account in workspace.accounts.values():
        profiles += _forget_follower(account, x_user_id)
    ContactItem(x_user_id, user_id).delete()
    for kind in (ENRICH, ENRICH_EMAIL):
        _forget_lookups(history_of(user_id, kind), x_user_id)
    _forget_opinions(workspace, profiles)
    _forget_messages(user_id, x_user_id)
    exporting.forget(user_id, storage)
    storage.remove_all(f"{user_id}/sheets/")
    if not job.is_second:
        again = job.model_copy(update={"is_second": True})
        queues.send([again], delay_seconds=SWEEP_AGAIN_SECONDS)


def _leads_about(workspace: Workspace, x_user_id: str) -> list[LeadItem]:
    keys = [
        (stream_id, person_key(account_id, x_user_id))
        for stream_id, account_id in product(workspace.streams, workspace.accounts)
    ]
    return [row for row in LeadItem.find_all(keys) if isinstance(row, LeadItem)]


def _remove_lead(known: LeadItem) -> None:
    """Remove a lead with its place in every count, and suppress the person, in one transaction."""
    try:
        _removed(known)
    except db.Conflict:  # it changed since it was read, or is gone
        _remove_as_stored(known)


@db.retried_on_conflict
def _remove_as_stored(known: LeadItem) -> None:
    lead = LeadItem.find(known.stream_id, known.person)
    if lead is not None:
        _removed(lead)


def _removed(lead: LeadItem) -> None:
    changes = Changes(lead.user_id, lead.stream_id)
    changes.goes(lead)
    with db.transaction() as write:
        write.save(suppression.row_of(lead.user_id, lead.person.partition("#")[2]))
        write.delete(LeadItem(lead.stream_id, lead.person), condition=lead.unmoved())
        write.delete(EchoItem(lead.stream_id, echo_key(lead.person)))
        changes.write(write)


def _forget_follower(account: AccountItem, x_user_id: str) -> list[Profile]:
    """Take the person out of what was read of an account; the profiles that were kept.

    The row that says where to look goes last, so that whoever dies before finds the way again.
    """
    row = FollowerItem.find(account.account_id, x_user_id)
    if row is None:
        return []
    found = _take_out(account.account_id, row.batch_no, x_user_id)
    row.delete()
    return found


@db.retried_on_conflict
def _take_out(account_id: int, batch_no: int, x_user_id: str) -> list[Profile]:
    batch = BatchItem.find(account_id, batch_no)
    if batch is None:
        return []
    before, profiles = batch.packed, batch.profiles
    found = [profile for profile in profiles if profile.id == x_user_id]
    if found:
        left = pack([profile for profile in profiles if profile.id != x_user_id])
        with db.conditional():
            batch.update(actions=[BatchItem.packed.set(left)], condition=BatchItem.packed == before)
    return found


def _forget_lookups(history: str, x_user_id: str) -> None:
    rows = HistoryItem.query(
        history, filter_condition=LookupItem.x_user_id == x_user_id, consistent_read=True
    )
    for row in rows:
        if isinstance(row, LookupItem):
            forget_lookup(row)


def forget_lookup(row: LookupItem) -> None:
    """Remove a look-up and count one less, once."""
    try:
        with db.transaction() as write:
            write.delete(row, condition=HistoryItem.lookup_id.exists())
            write.update(CountItem(row.history, HEAD), actions=[CountItem.total.add(-1)])
    except db.Conflict:
        return  # somebody else removed it


def _forget_opinions(workspace: Workspace, profiles: Iterable[Profile]) -> None:
    """Opinions bear no name; from the profile and a segment it can be told which they are."""
    model = settings().llm_model
    if not model:
        return
    digests = {
        show(profile, segment_id=segment_id, model=model, secret="").digest
        for profile, segment_id in product(profiles, workspace.segments)
    }
    with OpinionItem.batch_write() as writer:
        for digest in digests:
            writer.delete(OpinionItem(digest))


def _forget_messages(user_id: int, x_user_id: str) -> None:
    """Take the person out of webhook messages: who was not reached yet hears of the others only."""
    for row in BodyItem.query(BodyItem.of(user_id)):
        if isinstance(row, BodyItem) and _mark(x_user_id) in zlib.decompress(row.content):
            _take_out_of_message(row.receiver, row.message_id, x_user_id)


@db.retried_on_conflict
def _take_out_of_message(receiver: str, body_id: str, x_user_id: str) -> None:
    """Others may be taken out of the same message at the same time."""
    row = BodyItem.find(receiver, body_id)
    content = zlib.decompress(row.content) if row is not None else b""
    if row is None or _mark(x_user_id) not in content:
        return
    is_as_read = BodyItem.content == row.content
    left = _without(content, x_user_id)
    with db.conditional():
        if left is None:
            row.delete(condition=is_as_read)
        else:
            row.update(actions=[BodyItem.content.set(zlib.compress(left))], condition=is_as_read)


def _mark(x_user_id: str) -> bytes:
    """What stands in every message about the person."""
    return f'"{x_user_id}"'.encode()


def _without(content: bytes, x_user_id: str) -> bytes | None:
    """A message without the person; None where it then says nothing."""
    message = json.loads(content)
    leads = message["data"].get("leads", ())
    left = [lead for lead in leads if lead["profile"]["xUserId"] != x_user_id]
    if not left:
        return None
    message["data"]["leads"] = left
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
