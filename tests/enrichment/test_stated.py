"""What a profile states of itself, and what only looks like it."""

from __future__ import annotations

import pytest

from chalicelib.enrichment import stated
from chalicelib.profile import Profile
from chalicelib.upstreams.contacts import Email, LinkedIn, Person


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("marisol@tidewater.example", "marisol@tidewater.example"),
        ("Ops lead. Mail: Marisol.Vega+x@Tidewater.example.", "marisol.vega+x@tidewater.example"),
        ("📧marisol@tidewater.example📧", "marisol@tidewater.example"),
        ("mailto:marisol@tidewater.example", "marisol@tidewater.example"),
        ("marisol＠tidewater.example", "marisol@tidewater.example"),
        ("a@b.example or c@d.example", "a@b.example"),
        ("marisol [at] tidewater dot example", "marisol@tidewater.example"),
        ("marisol(at)tidewater(dot)example", "marisol@tidewater.example"),
        ("marisol {AT} tidewater {DOT} example", "marisol@tidewater.example"),
        ("marisol[@]tidewater[.]example", "marisol@tidewater.example"),
        ("marisol (arroba) tidewater (punto) example", "marisol@tidewater.example"),
        ("marisol [at] mail.tidewater.co.example", "marisol@mail.tidewater.co.example"),
        ("marisol AT tidewater DOT co DOT example", "marisol@tidewater.co.example"),
        ("email me: marisol at tidewater dot example", "marisol@tidewater.example"),
        ("Contact - hi at tidewater dot example", "hi@tidewater.example"),
        ("founder [at] acme [dot] example", "founder@acme.example"),
    ],
)
def test_an_address_however_it_is_written(text: str, address: str) -> None:
    assert stated.address_in(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "COO @tidewater",
        "CEO @ tidewater.example",
        "Founder (at) acme.example",
        "Engineer at acme dot example",
        "I work at acme dot example",
        "@marisol@mastodon.social",
        "marisol@mastodon.social",
        "marisol@fosstodon.org",
        "https://medium.com/@marisol.vega",
        "marisol@localhost",
        "marisol@tidewater.invalid",
        "two @@ signs@ here",
        "see you at dawn. dot com crash survivor",
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert stated.address_in(text) is None


@pytest.mark.parametrize(
    ("bio", "url", "page"),
    [
        ("linkedin.com/in/marisol-vega-ops", None, "https://linkedin.com/in/marisol-vega-ops"),
        (
            "",
            "https://www.linkedin.com/in/Marisol-Vega/?x=1",
            "https://linkedin.com/in/marisol-vega",
        ),
        ("https://uk.linkedin.com/in/marisol_v.", None, "https://linkedin.com/in/marisol_v"),
        ("(linkedin.com/in/marisol)", None, "https://linkedin.com/in/marisol"),
        ("https://linkedin.com/in/jos%C3%A9-vega", None, "https://linkedin.com/in/josé-vega"),
        ("linkedin.com/company/tidewater", None, None),
        ("notlinkedin.com/in/marisol", None, None),
        ("linkedin.com/in/", None, None),
        ("find me on linkedin", None, None),
        (None, None, None),
    ],
)
def test_a_linkedin_page(bio: str | None, url: str | None, page: str | None) -> None:
    found = stated.found_in(Profile(id="1", handle="marisol", bio=bio, url=url)).linkedin
    assert found == (page and LinkedIn(page, "high", "x_profile"))


def test_what_people_state_is_likely_not_verified() -> None:
    found = stated.found_in(Profile(id="1", handle="m", bio="hi@tidewater.example"))
    assert found.email == Email("hi@tidewater.example", "likely", "x_profile")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Marisol Vega", ("Marisol", "Vega")),
        ("Marisol J. Vega", ("Marisol", "Vega")),
        ("Dr. Marisol Vega, PhD", ("Marisol", "Vega")),
        ("Marisol Vega 🚢 | Freight", ("Marisol", "Vega")),
        ("Marisol Vega (she/her)", ("Marisol", "Vega")),
        ("Marisol Vega - Ops", ("Marisol", "Vega")),
        ("Ana-Sofía O’Neill", ("Ana-Sofía", "O’Neill")),
        ("𝗠𝗮𝗿𝗶𝘀𝗼𝗹 𝗩𝗲𝗴𝗮", ("Marisol", "Vega")),
        ("Marisol", None),
        ("", None),
        ("🚢🚢", None),
        ("The very long name of a freight company", None),
    ],
)
def test_first_and_last_name(text: str, name: tuple[str, str] | None) -> None:
    assert stated.name_in(text) == name


@pytest.mark.parametrize(
    ("bio", "url", "domain"),
    [
        ("", "https://www.tidewater.example/team", "tidewater.example"),
        ("", "tidewater.example", "tidewater.example"),
        ("", "https://linktr.ee/marisol", None),
        ("", "https://t.co/abc", None),
        ("", "https://marisol.substack.com", None),
        ("", "https://gmail.com", None),
        ("", "https://127.0.0.1/x", None),
        ("Ops. https://tidewater.example/x", "https://t.co/abc", "tidewater.example"),
        ("Ops at tidewater.io", None, "tidewater.io"),
        ("Node.js and St.Louis", None, None),
        ("CEO @tidewater.io", None, None),
        ("hi@tidewater.example", None, "tidewater.example"),
        ("marisol@gmail.com", None, None),
    ],
)
def test_the_domain_of_an_own_site(bio: str, url: str | None, domain: str | None) -> None:
    assert stated.domain_in(Profile(id="1", handle="m", bio=bio, url=url)) == domain


def test_what_a_provider_is_told() -> None:
    profile = Profile(
        id="1",
        handle="marisol_ops",
        name="Marisol Vega",
        bio="linkedin.com/in/marisol-vega",
        url="https://tidewater.example",
    )
    assert stated.person_of(profile) == Person(
        handle="marisol_ops",
        name=("Marisol", "Vega"),
        domain="tidewater.example",
        linkedin_url="https://linkedin.com/in/marisol-vega",
        site="https://tidewater.example",
    )
