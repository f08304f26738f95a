"""The fake e-mail finders, asked by the app's own clients; the page that shows what was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chalicelib.enrichment.chain import Chain
from chalicelib.enrichment.providers import build_chain
from chalicelib.profile import Profile
from chalicelib.upstreams.contacts import EMAIL, LINKEDIN
from localdev import finders, json_server, telegram
from localdev.desk.mails import mails, messages
from localdev.finders import HUNTER, KEY, PDL, PROSPEO, Finders

NOBODY: dict[str, Any] = {"pdl_api_key": "", "hunter_api_key": "", "prospeo_api_key": ""}
PEOPLE = [
    Profile(
        id=str(n), handle=f"person_{n:03d}", name=f"Ann{n} Bell", url=f"https://site{n}.example"
    )
    for n in range(60)
]


@pytest.fixture
def fakes() -> Iterator[tuple[str, Finders]]:
    found = Finders()
    with json_server.serve(found.answer) as url:
        yield url, found


def _chain(url: str, *names: str) -> Chain:
    urls = {f"{name}_base_url": url for name in ("pdl", "hunter", "prospeo")}
    return build_chain(**urls, **(NOBODY | {f"{name}_api_key": KEY for name in names}))


@pytest.mark.parametrize(
    ("name", "path", "outputs"),
    [
        ("pdl", PDL, (LINKEDIN, EMAIL)),
        ("hunter", HUNTER, (EMAIL,)),
        ("prospeo", PROSPEO, (EMAIL,)),
    ],
)
def test_each_finds_some_and_says_the_same_again(
    fakes: tuple[str, Finders], name: str, path: str, outputs: Any
) -> None:
    url, world = fakes
    chain = _chain(url, name)
    first = [chain.look_up(each, outputs, "any") for each in PEOPLE]
    hits = sum(bool(each.email or each.linkedin) for each in first)
    assert 10 < hits < 50
    assert all(each.failed == frozenset() for each in first)
    assert world.asked == [path] * len(PEOPLE)
    again = [chain.look_up(each, outputs, "any") for each in PEOPLE]
    assert [(each.email, each.linkedin) for each in again] == [
        (each.email, each.linkedin) for each in first
    ]


def test_a_wrong_key_and_faults_on_demand(fakes: tuple[str, Finders]) -> None:
    url, world = fakes
    assert httpx.get(f"{url}{HUNTER}").status_code == 401
    fault = {"path": HUNTER, "answers": [[451, {"errors": [{"id": "claimed_email"}]}]]}
    httpx.post(f"{url}/_control/faults", json=fault).raise_for_status()
    assert _chain(url, "hunter").look_up(PEOPLE[0], (EMAIL,), "any").is_claimed
    assert httpx.get(f"{url}/_control/asked").json() == {"asked": world.asked}
    assert httpx.get(f"{url}/elsewhere").status_code == 404
    assert finders.KEY == KEY


def test_the_page_shows_mails_as_they_look_and_what_the_bot_wrote() -> None:
    sent = {
        "To": ["a@b.example"],
        "CC": ["c@d.example"],
        "Subject": "<b>1 new lead</b>",
        "BodyHtml": '<p class="x">Hi & bye</p>',
        "BodyText": "Hi",
        "Timestamp": 2.0,
    }
    plain = {"To": ["a@b.example"], "Subject": "Plain", "BodyText": "<Hi>", "Timestamp": 3.0}

    def emulator(_: Any) -> tuple[int, Any]:
        return 200, {"messages": {"000000000000": [sent, plain]}}

    with json_server.serve(emulator) as url:
        newest, older = mails(url)
    assert "&lt;Hi&gt;" in newest[1]
    assert older[0] == "a@b.example, c@d.example"
    assert "&lt;b&gt;1 new lead&lt;/b&gt;" in older[1]
    assert 'sandbox srcdoc="&lt;p class=&quot;x&quot;&gt;Hi &amp; bye' in older[1]
    with telegram.serve() as (url, chats):
        chats.messages = [{"chat_id": "42", "text": "<b>1</b>"}]
        assert messages(url) == [["42", "<pre>&lt;b&gt;1&lt;/b&gt;</pre>"]]
