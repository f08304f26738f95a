"""Which wheels run on Lambda, and which Python it does not have."""

from __future__ import annotations

import pytest

from tools.packaging.runtime import WHEELS, NoSuchRuntime, wheels

AMAZON_LINUX = {(3, 11): (2, 26), (3, 12): (2, 34), (3, 13): (2, 34), (3, 14): (2, 34)}
"""The glibc under each runtime: Amazon Linux 2 up to Python 3.11, then Amazon Linux 2023."""


@pytest.mark.parametrize("version", list(WHEELS))
def test_no_wheel_asks_for_a_newer_glibc(version: tuple[int, int]) -> None:
    asked = [tag.removeprefix("manylinux_").split("_") for tag in wheels(version) if "_" in tag]
    assert all((int(major), int(minor)) <= AMAZON_LINUX[version] for major, minor in asked)


@pytest.mark.parametrize("version", [(3, 10), (3, 15), (4, 0)])
def test_a_python_that_lambda_lacks_is_refused_in_a_sentence(version: tuple[int, int]) -> None:
    with pytest.raises(NoSuchRuntime, match=r"Lambda has no Python .* one of 3\.11, 3\.12"):
        wheels(version)
