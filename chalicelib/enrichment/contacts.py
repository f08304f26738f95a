"""The contacts of a person as a team knows them: what is stored, and what it still answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import clock, db
from chalicelib.enrichment.table import EVERYBODY, ContactItem
from chalicelib.upstreams.contacts import EMAIL, LINKEDIN, Email, EmailMode, LinkedIn, Output

FREE_FOR = timedelta(days=30)
"""How long the same again costs nothing (contract 3.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """What is stored of one person for one team."""

    user_id: int
    x_user_id: str
    version: int = 0
    linkedin: LinkedIn | None = None
    linkedin_at: datetime | None = None
    email: Email | None = None
    email_at: datetime | None = None
    is_claimed: bool = False
    """The person wants no e-mail to be looked up."""

    def answers(self, output: Output, mode: EmailMode) -> bool:
        """Whether a request gets this output from here, at no cost."""
        if output == LINKEDIN:
            return self.linkedin is not None and _is_fresh(self.linkedin_at)
        return suits(self.email, mode) and _is_fresh(self.email_at)

    def needs(self, output: Output, mode: EmailMode) -> bool:
        """Whether the output has to be looked up."""
        if output == EMAIL and self.is_claimed:
            return False
        return not self.answers(output, mode)

    def with_found(self, linkedin: LinkedIn | None, email: Email | None) -> Contacts:
        """With what was found just now in place of what was known."""
        now, found = clock.now(), self
        if linkedin is not None:
            found = replace(found, linkedin=linkedin, linkedin_at=now)
        if email is not None:
            found = replace(found, email=email, email_at=now)
        return found

    def claimed(self) -> Contacts:
        """Without an e-mail, now and from now on."""
        return replace(self, email=None, email_at=None, is_claimed=True)


def suits(email: Email | None, mode: EmailMode) -> bool:
    """Whether an address counts as found: in mode `verified` only a verified one does."""
    return email is not None and (mode == "any" or email.status == "verified")


def _is_fresh(at: datetime | None) -> bool:
    return at is not None and clock.now() - at < FREE_FOR


def of(user_id: int, x_user_id: str) -> Contacts:
    """What is stored. One round trip. An e-mail of a person who asked to be left out is not."""
    rows = {
        row.user_id: row
        for row in ContactItem.find_all([(x_user_id, user_id), (x_user_id, EVERYBODY)])
    }
    found = Contacts(user_id=user_id, x_user_id=x_user_id)
    own, everybody = rows.get(user_id), rows.get(EVERYBODY)
    if own is not None:
        found = replace(found, version=own.version, **_read(own))
    return found.claimed() if everybody and everybody.is_claimed else found


def _read(row: ContactItem) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, kind, stored in (("linkedin", LinkedIn, row.linkedin), ("email", Email, row.email)):
        if stored:
            fields = {key: value for key, value in stored.items() if key != "at"}
            read |= {name: kind(**fields), f"{name}_at": datetime.fromtimestamp(stored["at"], UTC)}
    return read


def save(write: db.Write, contacts: Contacts) -> None:
    """Store within a transaction, which raises db.Conflict when the row changed meanwhile."""
    unchanged = (
        ContactItem.version == contacts.version
        if contacts.version
        else ContactItem.version.does_not_exist()
    )
    write.save(
        ContactItem(
            contacts.x_user_id,
            contacts.user_id,
            version=contacts.version + 1,
            linkedin=_stored(contacts.linkedin, contacts.linkedin_at),
            email=_stored(contacts.email, contacts.email_at),
        ),
        condition=unchanged,
    )
    if contacts.is_claimed:
        write.save(ContactItem(contacts.x_user_id, EVERYBODY, is_claimed=True))


def _stored(found: LinkedIn | Email | None, at: datetime | None) -> dict[str, Any] | None:
    return {**asdict(found), "at": int(at.timestamp())} if found and at else None
