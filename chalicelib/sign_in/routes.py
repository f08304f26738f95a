"""/auth: passwordless sign-in to the web UI."""

from __future__ import annotations

from chalicelib import errors, wiring
from chalicelib.auth import sessions
from chalicelib.http.router import Reply, Router, Visitor
from chalicelib.settings import settings
from chalicelib.sign_in import service
from chalicelib.sign_in.schemas import Callback, Done, SignIn

router = Router()


@router.post("/auth/sign-in", status=202, errors=[errors.RateLimited])
def sign_in(visitor: Visitor, body: SignIn) -> Done:
    """Mail a link that signs in, once, for 15 minutes."""
    service.send_link(
        body.email, body.name, ip=visitor.ip, mail=wiring.mailer(), base_url=settings().base_url
    )
    return Done(ok=True)


@router.get("/auth/callback", status=303, errors=[errors.SignInLinkInvalid])
def finish_sign_in(query: Callback) -> Reply[str]:
    """Use the link of a mail: sets the session cookie and leads to the UI."""
    cookie = sessions.cookie(service.open_session(query.token))
    return Reply("", headers={"Location": settings().ui_origin, "Set-Cookie": cookie})


@router.post("/auth/sign-out")
def sign_out(visitor: Visitor) -> Reply[Done]:
    """End the session, on the server and in the browser."""
    if visitor.session is not None:
        sessions.end(visitor.session)
    return Reply(Done(ok=True), headers={"Set-Cookie": sessions.no_cookie()})
