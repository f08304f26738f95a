"""ANY /api/v1/*: gone, and what to use instead. Nobody is asked who they are."""

from __future__ import annotations

from chalice.app import Chalice, CORSConfig, Response

from chalicelib.errors import Gone
from chalicelib.http.endpoint import PREFIX, opening
from chalicelib.http.replies import failure
from chalicelib.settings import settings
from chalicelib.v1.successors import successor

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
DEPTH = 6
"""Parts of the longest path that is answered; v1's own had three. Chalice has no greedy paths."""


def register(app: Chalice, *, cors: CORSConfig) -> None:
    """Put a route for each depth of path on Chalice's route table."""

    def answer(**path: str) -> Response:
        request = app.current_request
        if request is None:  # Chalice sets it before it calls a view
            raise RuntimeError("no request")
        return failure(gone(request.method, tuple(path.values())), opening(request))

    names = [f"{{part_{number}}}" for number in range(DEPTH)]
    for depth in range(DEPTH + 1):
        path = "/".join(["/api/v1", *names[:depth]])
        app.route(path, methods=METHODS, content_types=["*/*"], cors=cors)(answer)


def gone(method: str, parts: tuple[str, ...]) -> Gone:
    """The refusal of a method on the path with these parts, naming what replaces it."""
    replacement = successor(method, parts)
    if replacement is None:
        guide = f"API v1 has ended. What replaces it is at {settings().base_url}/docs."
        return Gone(guide, successor=None)
    new_method, path = replacement.split(" ")
    link = (PREFIX + path).partition("/{")[0]
    named = f"{new_method} {PREFIX}{path}"
    return Gone(
        f"API v1 has ended. Use {named}.",
        headers={"Link": f'<{link}>; rel="successor-version"'},
        successor=named,
    )
