"""Which Python Lambda has, and which wheels run there: the one place that says so."""

from __future__ import annotations

_AMAZON_LINUX_2 = ("manylinux_2_26", "manylinux_2_24", "manylinux_2_17", "manylinux2014")
"""Its glibc is 2.26."""
_AMAZON_LINUX_2023 = ("manylinux_2_34", "manylinux_2_28", *_AMAZON_LINUX_2)
"""Its glibc is 2.34."""
WHEELS = {
    (3, 11): _AMAZON_LINUX_2,
    (3, 12): _AMAZON_LINUX_2023,
    (3, 13): _AMAZON_LINUX_2023,
    (3, 14): _AMAZON_LINUX_2023,
}
"""Lambda's runtimes and the wheels of their platform, newest first (Lambda Developer Guide, "Lambda
runtimes")."""


class NoSuchRuntime(ValueError):
    """Lambda does not have this Python; the message says which to take."""


def wheels(version: tuple[int, int]) -> tuple[str, ...]:
    """The platform tags of the wheels that a Python of Lambda's can load. Raises NoSuchRuntime."""
    if version not in WHEELS:
        known = ", ".join(".".join(map(str, each)) for each in WHEELS)
        raise NoSuchRuntime(
            f"Lambda has no Python {version[0]}.{version[1]} that ctgo knows of: "
            f"run `make clean`, then package with one of {known} (PYTHON=python3.11 make package)"
        )
    return WHEELS[version]
