"""What a linked site gives away, and what it cannot do to us."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chalicelib.enrichment.chain import Chain
from chalicelib.enrichment.linked_site import HOPS, LinkedSite
from chalicelib.enrichment.stated import site_of
from chalicelib.open_web.addresses import Unsafe
from chalicelib.open_web.client import Answer, Client, Unreachable
from chalicelib.profile import Profile
from chalicelib.upstreams import Errand
from chalicelib.upstreams.contacts import EMAIL, LINKEDIN, Found, Person
from chalicelib.upstreams.errors import Missing
from chalicelib.upstreams.health import Health

PERSON = Person(
    handle="marisol_ops", name=("Marisol", "Vega"), site="https://tidewater.example/about"
)


@dataclass
class Web:
    """Answers what it is told to, and remembers what it was asked for."""

    answers: list[Answer | Exception]
    asked: list[str] = field(default_factory=list)

    def request(self, method: str, url: str, *, headers: dict[str, str]) -> Answer:
        assert (method, headers["user-agent"]) == ("GET", "ctgo/2")
        self.asked.append(url)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _page(html: str, kind: str = "text/html; charset=utf-8") -> Answer:
    return Answer(200, {"content-type": kind}, html.encode())


def _elsewhere(location: str) -> Answer:
    return Answer(302, {"location": location}, b"")


def _found(*answers: Answer | Exception, person: Person = PERSON) -> Found:
    errand = Errand(datetime.now(UTC) + timedelta(seconds=5))
    return LinkedSite(Web(list(answers))).find(person, "any", errand)


@pytest.mark.parametrize(
    ("html", "address", "page"),
    [
        ('<a href="mailto:Marisol@tidewater.example?subject=Hi">mail</a>', "marisol@t", None),
        ("<p>Write to hello@tidewater.example.</p>", "hello@t", None),
        ("<p>hello [at] tidewater [dot] example</p>", "hello@t", None),
        ("<p>a@tidewater.example b@tidewater.example</p>", None, None),
        ("<p>info@tidewater.example marisol.vega@tidewater.example</p>", "marisol.vega@t", None),
        ('<a href="https://www.linkedin.com/in/mvega-ops/?x=1">in</a>', None, "mvega-ops"),
        ('<a href="//linkedin.com/in/abc-de">a</a> linkedin.com/in/fgh-ij', None, None),
        (
            '<a href="https://linkedin.com/in/someone">a</a>'
            '<a href="https://pt.linkedin.com/in/marisol-vega-9">b</a>',
            None,
            "marisol-vega-9",
        ),
        ('<a href="https://linkedin.com/company/tidewater">us</a>', None, None),
        ("<script>var a = 'bot@tidewater.example'</script><style>x@y.example</style>", None, None),
        ("<p>nothing <a href>here</a>", None, None),
        ("<<<<>>>&#xffffff;</p", None, None),
        ("", None, None),
    ],
)
def test_what_a_page_gives_away(html: str, address: str | None, page: str | None) -> None:
    found = _found(_page(html))
    shown = found.email.address.removesuffix("idewater.example") if found.email else None
    assert shown == address
    assert (found.linkedin.url if found.linkedin else None) == (
        f"https://linkedin.com/in/{page}" if page else None
    )
    if found.email:
        assert (found.email.status, found.email.provider) == ("likely", "linked_site")
    if found.linkedin:
        assert found.linkedin.confidence == "medium"


@pytest.mark.parametrize(
    "answers",
    [
        [Unsafe("private")],
        [Unreachable("down")],
        [Answer(404, {"content-type": "text/html"}, b"a@b.example")],
        [Answer(500, {}, b"")],
        [_page("a@b.example", "application/pdf")],
        [Answer(200, {}, b"a@b.example")],
        [_elsewhere("https://a.example")] * (HOPS + 1),
        [_elsewhere("http://["), _page("")],
        [_elsewhere("https://inside.example"), Unsafe("private")],
    ],
)
def test_a_page_that_cannot_be_read_is_nobodys_fault(answers: list[Answer | Exception]) -> None:
    with pytest.raises(Missing):
        _found(*answers)


def test_redirects_are_followed_one_by_one() -> None:
    web = Web([_elsewhere("/team"), _elsewhere("https://www.tidewater.example/"), _page("")])
    LinkedSite(web).find(PERSON, "any", Errand(datetime.now(UTC)))
    assert web.asked == [
        "https://tidewater.example/about",
        "https://tidewater.example/team",
        "https://www.tidewater.example/",
    ]


def test_it_is_asked_first_and_costs_nothing() -> None:
    web = Web([_page('<a href="mailto:marisol@tidewater.example">')])
    profile = Profile(id="1", handle="marisol_ops", url="http://tidewater.example")
    search = Chain([LinkedSite(web)], Health()).look_up(profile, (EMAIL, LINKEDIN), "any")
    assert search.email is not None
    assert (search.linkedin, search.failed) == (None, frozenset())
    assert web.asked == ["https://tidewater.example"]


def test_no_link_nobody_asked() -> None:
    web = Web([])
    Chain([LinkedSite(web)], Health()).look_up(Profile(id="1", handle="m"), (EMAIL,), "any")
    assert web.asked == []


@pytest.mark.parametrize(
    ("url", "bio", "site"),
    [
        ("https://tidewater.example/a?b=1", None, "https://tidewater.example/a?b=1"),
        ("http://tidewater.example", None, "https://tidewater.example"),
        ("HTTPS://Tidewater.example", None, "https://Tidewater.example"),
        (None, "Ops. www.tidewater.com, Lisbon", "https://www.tidewater.com"),
        ("https://x.com/marisol_ops", "see tidewater.io", "https://tidewater.io"),
        ("https://www.linkedin.com/in/marisol", None, None),
        ("https://t.co/abc", None, None),
        ("https://linktr.ee/marisol", None, "https://linktr.ee/marisol"),
        ("tidewater", None, None),
        (None, None, None),
    ],
)
def test_which_page_is_meant(url: str | None, bio: str | None, site: str | None) -> None:
    assert site_of(Profile(id="1", handle="m", url=url, bio=bio)) == site


class TestOverTheWire:
    """The guarded client behind it, on loopback."""

    def _found(self, body: bytes, **options: object) -> Found:
        with _served(body, **options) as url:  # type: ignore[arg-type]
            person = Person(handle="marisol", site=url)
            web = Client(allow_loopback_http=True, seconds=1.0)
            return LinkedSite(web).find(person, "any", Errand(datetime.now(UTC)))

    def test_a_page(self) -> None:
        found = self._found(b"<p>marisol@tidewater.example</p>")
        assert found.email is not None

    def test_only_its_beginning_is_read(self) -> None:
        found = self._found(b" " * 100_000 + b"marisol@tidewater.example")
        assert found.email is None

    def test_a_page_that_drips_is_cut_off(self) -> None:
        found = self._found(b"marisol@tidewater.example " + b"x" * 50, drips=True)
        assert found == Found()

    def test_loopback_is_refused_where_it_is_not_allowed(self) -> None:
        with _served(b"") as url, pytest.raises(Missing, match="Unsafe"):
            LinkedSite(Client(seconds=1.0)).find(
                Person(handle="m", site=url), "any", Errand(datetime.now(UTC))
            )


@contextmanager
def _served(body: bytes, *, drips: bool = False) -> Iterator[str]:
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            pieces = [bytes([each]) for each in body] if drips else [body]
            try:
                for piece in pieces:
                    self.wfile.write(piece)
                    if drips and ended.wait(0.2):
                        return
            except OSError:
                return

        def log_message(self, format: str, *arguments: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        ended.set()
        server.shutdown()
