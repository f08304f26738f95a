"""Signing in without a password: a link by mail, used once, becomes a session."""

from __future__ import annotations

import secrets
from typing import Protocol

from chalicelib import clock, db
from chalicelib.auth import sessions, users
from chalicelib.errors import RateLimited, SignInLinkInvalid
from chalicelib.sign_in.table import HOUR, LINK_LIFE, LinkItem, counted

LINKS_PER_HOUR = 5
"""Per address; whoever asks for more is told the same, but gets no mail."""
REQUESTS_PER_HOUR = 30
"""Per IP."""

_LETTER = """\
Use this link to sign in to Catch The Good Ones. It works once, for 15 minutes:

{link}

If you did not ask for it, you need not do anything.
"""


class Mail(Protocol):
    """Sends mail."""

    def send(self, to: str, subject: str, text: str) -> None: ...


def send_link(email: str, name: str | None, *, ip: str, mail: Mail, base_url: str) -> None:
    """Mail a link that signs this address in; whether the address is known makes no difference.

    Raises RateLimited when the IP asked too often.
    """
    now = clock.now()
    if counted(f"ip {ip}", now) > REQUESTS_PER_HOUR:
        left = HOUR - int(now.timestamp()) % HOUR
        raise RateLimited(headers={"Retry-After": str(left)})
    if counted(f"address {email.lower()}", now) > LINKS_PER_HOUR:
        return
    token = secrets.token_urlsafe(32)
    LinkItem(
        LinkItem.at(token),
        email=email,
        name=name or email.partition("@")[0],
        ip=ip,
        expires=int((now + LINK_LIFE).timestamp()),
    ).save()
    link = f"{base_url}/auth/callback?token={token}"
    mail.send(email, "Your sign-in link", _LETTER.format(link=link))


def open_session(token: str) -> str:
    """Use up a link. The session's token; the first sign-in of an address makes its user.

    Raises SignInLinkInvalid.
    """
    now = clock.now()
    link = LinkItem.find(LinkItem.at(token))
    if link is None or link.expires <= int(now.timestamp()):
        raise SignInLinkInvalid
    user = users.create(link.email, link.name, signup_ip=link.ip)
    session, session_token = sessions.new(user.user_id, now)
    try:
        with db.transaction() as write:
            write.delete(link, condition=LinkItem.key.exists())
            write.save(session)
    except db.Conflict:  # somebody used it just now
        raise SignInLinkInvalid from None
    return session_token
