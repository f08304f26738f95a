"""The page of the API document, looked at in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chalicelib.docs_site.routes import described
from localdev import environment, ports
from localdev.children import Child
from localdev.waiting import until
from tests.browser import Sight, look, picture

DRAWN = "document.querySelectorAll('.opblock').length && !document.querySelector('.loading')"
READ = """
Object.fromEntries([...document.querySelectorAll('.opblock')].map((each) => [
  each.querySelector('.opblock-summary-method').innerText + ' ' +
    each.querySelector('.opblock-summary-path').dataset.path,
  each.querySelector('.opblock-summary-description').innerText,
]))
"""
OPEN = """
new Promise((done) => {
  document.querySelector('#operations-streams-create_stream button').click();
  const answers = '.opblock.is-open .responses-table .response';
  const example = () => document.querySelector('.opblock.is-open textarea').value;
  const look = () => document.querySelector(answers) ? done(example()) : setTimeout(look, 50);
  look();
})
"""


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page, served by a process of its own; it needs no data."""
    port = ports.free_port()
    base_url = f"http://{ports.HOST}:{port}/api/v2"
    nowhere = f"http://{ports.HOST}:{ports.free_port()}"
    env = environment.wired(
        aws_url=nowhere, scheduler_url=nowhere, x_world_url=nowhere, base_url=base_url
    )
    log = tmp_path_factory.mktemp("docs") / "api.log"
    child = Child("api", ["localdev.api", "--port", str(port)], log=log, env=env)
    child.start()
    try:
        until(lambda: ports.is_open(port), seconds=60, what="the API")
        yield f"{base_url}/docs"
    finally:
        child.stop()


@pytest.fixture(scope="module")
def seen(docs: str) -> Sight:
    return look(docs, until=DRAWN, script=f"({READ})")


def test_every_operation_is_drawn_with_its_summary(seen: Sight) -> None:
    told = json.loads(described())
    wanted = {
        f"{method.upper()} {path}": operation["summary"]
        for group in ("paths", "webhooks")
        for path, methods in told[group].items()
        for method, operation in methods.items()
    }
    assert len(wanted) > 40
    assert seen.found == wanted


def test_an_operation_opens_and_shows_its_body_and_its_answers(docs: str) -> None:
    opened = look(docs, until=DRAWN, script=OPEN)
    for words in ("Idempotency-Key", "stream_multi_segment", "billingDelta"):
        assert words in opened.text
    assert {"pairs", "syncTimes", "timezone"} <= json.loads(opened.found).keys()
    assert opened.errors == []


def test_nothing_goes_wrong_and_nothing_leaves_this_api(docs: str, seen: Sight) -> None:
    assert seen.errors == []
    base = docs.removesuffix("/docs")
    asked = {each for each in seen.requests if not each.startswith("data:")}
    assert asked == {
        f"{base}{path}"
        for path in (
            "/docs",
            "/docs/swagger-ui.css",
            "/docs/swagger-ui-bundle.js",
            "/docs/start.js",
            "/openapi.json",
        )
    }


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fills_the_screen_of_a_telephone_and_of_a_desk(docs: str, width: int) -> None:
    taken = look(docs, until=DRAWN, width=width, script="document.documentElement.scrollWidth")
    shown = picture(taken.png)
    assert shown.width == width
    assert shown.height > 2_000
    assert shown.is_drawn
    assert taken.found <= width, "it scrolls sideways"
