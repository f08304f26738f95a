"""Labels that a profile states of itself, and the traps: ex-, aspiring, fans, kin, employers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching.aliases import VOCABULARY, Category
from chalicelib.matching.lexicon import Found, find_labels
from tests.matching.profiles import made_up


def stated(category: Category, bio: str | None, name: str | None = None) -> list[str]:
    found = find_labels(made_up(bio=bio, name=name))
    return [stated.label for stated in found.get(category, ())]


@pytest.mark.parametrize(
    ("bio", "roles"),
    [
        # plain, several, abbreviations
        ("Founder of Orbit Desk", ["Founder"]),
        ("Co-founder & CEO @orbitdesk", ["Co-Founder", "CEO"]),
        ("C.E.O., investor", ["CEO", "Investor"]),
        ("SWE. Previously at a bank", ["Software Engineer"]),
        ("Mom | RN | Runner", ["Nurse"]),
        ("Senior PM at Larkham", ["Product Manager"]),
        ("VC and angel investor", ["Venture Capitalist", "Angel Investor"]),
        ("#Journalist #DataScientist", ["Journalist", "Data Scientist"]),
        ("👩‍💻 in Leeds", ["Software Engineer"]),
        ("Serial entreprenuer", ["Entrepreneur"]),
        # languages and gendered forms
        ("Ingeniera civil y profesora", ["Engineer", "Teacher"]),
        ("Abogado. Periodista deportivo", ["Lawyer", "Journalist"]),
        ("Médico cirujano", ["Doctor"]),
        ("Enfermera jefe en Bogotá", ["Nurse"]),
        ("Avocate à Lyon", ["Lawyer"]),
        ("Rechtsanwältin in Köln", ["Lawyer"]),
        ("Jornalista e escritora", ["Journalist", "Writer"]),
        ("Jogadora de futebol", ["Athlete"]),
        ("Professeure à Lyon", ["Teacher"]),
        ("Giornalista e fotografo", ["Journalist", "Photographer"]),
        ("Comerciante independiente", ["Merchant"]),
        ("Bombero voluntario", ["Public Safety Officer"]),
        ("Oficial de la Policía Nacional", ["Public Safety Officer"]),
        ("Auxiliar de vuelo", ["Hospitality Worker"]),
        ("Auxiliar de enfermería en Larkham", ["Healthcare Professional"]),
        ("Técnico en sistemas", ["IT Professional", "Technician"]),
        # a field that is a role only as a clause of its own
        ("Marketing | Leeds", ["Marketer"]),
        ("I read about marketing every day", []),
        # now, after something else
        ("Former lawyer turned chef", ["Chef"]),
        ("Ex-banker, now a teacher", ["Teacher"]),
        ("I'm not a doctor but a nurse", ["Nurse"]),
        ("Proud to be a teacher", ["Teacher"]),
        ("Orgulloso de ser policía", ["Public Safety Officer"]),
        ("No soy abogado, soy ingeniera", ["Engineer"]),
        ("I was a teacher for years. Now I write novels", ["Writer"]),
        ("Was a lawyer, now a chef", ["Chef"]),
        ("I was a lawyer but am a nurse", ["Nurse"]),
        ("Born to be a teacher, was never in doubt", ["Teacher"]),
        ("Husband, father, pilot", ["Pilot"]),
        ("Padre de familia carpintero", ["Tradesperson"]),
        ("Retired teacher", ["Retired"]),
        ("Militar retirado", ["Military"]),
        ("US Army veteran", ["Military"]),
        ("Estudiante de derecho en Larkham", ["Student"]),
        ("Student of medicine", ["Student"]),
    ],
)
def test_roles(bio: str, roles: list[str]) -> None:
    assert stated("job_role", bio) == roles


@pytest.mark.parametrize(
    "bio",
    [
        "Ex-CEO",
        "former journalist",
        "aspiring writer and actor",
        "future lawyer",
        "chef wannabe",
        "Accountant to be",
        "nurse in training",
        "Worked as a nurse for ten years",
        "Recovering lawyer",
        "Casado con una médica",
        "Verheiratet mit einer Ärztin",
        "Investor relations",
        "Lawyer jokes",
        "Founder mode",
        "Abogado en formación",
        "futura enfermera",
        "Quiero ser periodista",
        "studied to become nothing, want to be a pilot",
        "not a lawyer",
        "I am not an economist",
        "fan of chef Marlowe",
        "Hincha del futbolista Ruiz",
        "love my doctor",
        "my husband is a pilot",
        "wife of a firefighter",
        "Esposa de un bombero",
        "farmer's daughter",
        "I sell suits at Barber & Sons",
        "Lawyer Times reads",
        "works for the CEO",
        "teacher turned",
        "never be a role model",
        "CEO of my life",
        "Soldado de Cristo",
        "Dog owner",
        "Amo la política",
        "@lawyer @chef @nurse",
        "https://example.org/lawyer/chef",
        "lawyers and doctors everywhere",
        "ceoship, founderless, chefs",
        "I like bread",
        "",
        None,
    ],
)
def test_nobody_who_states_no_role_gets_one(bio: str | None) -> None:
    assert stated("job_role", bio) == []


@pytest.mark.parametrize(
    ("category", "bio", "labels"),
    [
        ("industry", "Founder of a fintech", ["Fintech"]),
        ("industry", "Fashion startup founder", ["Fashion"]),
        ("industry", "Bienes raíces en Quito", ["Real Estate"]),
        ("industry", "I love music", []),
        ("industry", "No crypto", []),
        ("skill", "Python and open source", ["Python", "Open Source"]),
        ("skill", "ML engineer", ["AI/ML"]),
        ("skill", "not Python", []),
        ("personality", "Dog mom and bookworm", ["Animal Lover", "Book Lover"]),
        ("personality", "Mamá de dos", ["Family-Oriented"]),
        ("personality", "Viajero, melómano", ["Traveler", "Music Lover"]),
        ("personality", "Never a foodie", []),
    ],
)
def test_other_labels(category: Category, bio: str, labels: list[str]) -> None:
    assert stated(category, bio) == labels


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("Chef Marlowe", ["Chef"]),
        ("Noor Haddad | Founder", ["Founder"]),
        ("Noor Haddad, RN", ["Nurse"]),
        ("John Carpenter", []),
        ("Taylor Baker", []),
        ("Coach", []),
        ("Dr. Noor Haddad", []),
    ],
)
def test_names_state_only_titles_and_what_stands_apart(name: str, roles: list[str]) -> None:
    assert stated("job_role", None, name) == roles


def test_the_words_are_kept_for_the_reasons() -> None:
    found = find_labels(made_up(bio="Hola! Ingeniera Civil", name="Noor | Chef"))
    assert found["job_role"] == (
        Found("Engineer", "ingeniera civil", opens_bio=False),
        Found("Chef", "chef", opens_bio=False),
    )


@pytest.mark.parametrize(
    ("bio", "opens"),
    [("Chef in Leeds", True), ("• Chef", True), ("A chef", False), ("Mom. Chef", False)],
)
def test_whether_the_bio_opens_with_the_role(bio: str, opens: bool) -> None:
    assert find_labels(made_up(bio=bio))["job_role"][0].opens_bio is opens


@given(st.text())
def test_any_text_gives_labels_of_the_vocabulary_only(text: str) -> None:
    for category, labels in find_labels(made_up(bio=text, name=text)).items():
        assert {stated.label for stated in labels} <= set(VOCABULARY[category])


@pytest.mark.parametrize(
    ("bio", "category", "labels"),
    [
        ("Python developer", "skill", ["Python"]),
        ("Restaurant owner", "industry", ["Food & Beverage"]),
        ("Periodista de radio", "industry", ["Media"]),
        ("Quality assurance engineer", "industry", []),
        ("Profesora de educación física", "industry", ["Education"]),
        ("Not a crypto trader", "industry", []),
    ],
)
def test_industries_and_skills_inside_a_role(
    bio: str, category: Category, labels: list[str]
) -> None:
    assert stated(category, bio) == labels
