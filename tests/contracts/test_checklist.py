"""Each line of the contract's checklist is claimed, clause by clause, by tests that there are."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache

import pytest

from chalicelib import errors
from localdev.environment import ROOT

LINES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (ROOT / "tests" / "contracts" / "checklist.toml").read_text("utf-8")
)
WANTED = [f"E{number:02}" for number in range(1, 48)] + [f"C{number:02}" for number in range(1, 50)]


@cache
def _tests_of(file: str) -> frozenset[str]:
    """The names of the tests in a file, as pytest writes them."""
    found = set()
    for node in ast.parse((ROOT / "tests" / file).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            inner = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
            found |= {f"{node.name}::{name}" for name in inner}
    return frozenset(found)


def test_no_line_is_missing() -> None:
    assert [line.partition(" ")[0] for line in LINES] == WANTED


@pytest.mark.parametrize("line", LINES)
def test_every_clause_is_held_by_tests_that_there_are(line: str) -> None:
    assert LINES[line]
    for clause, claims in LINES[line].items():
        assert claims, clause
        for claim in claims:
            file, _, name = claim.partition("::")
            assert name in _tests_of(file), claim
            assert name.rpartition("::")[2].startswith("test_")


def test_every_error_of_the_published_surface_has_its_line() -> None:
    codes = {line.partition(" ")[2] for line in LINES if line.startswith("C")}
    known = {error.code for error in errors.catalogue()}
    assert codes <= known
    # What is not on the checklist came with routes beyond the contract; it needs a test as well.
    beyond = {error.__name__ for error in errors.catalogue() if error.code not in codes}
    tests = "\n".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    unseen = {
        name
        for name in beyond
        for code in [getattr(errors, name).code]
        if not re.search(rf"errors\.{name}\b|\b{code}\b", tests)
    }
    assert unseen == set()
