"""Puts CloudFormation templates together; what two of them say differently is refused."""

from __future__ import annotations

from typing import Any

_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")


class Contradiction(ValueError):
    """Two templates declare one name, and not alike."""


def merge(*templates: dict[str, Any]) -> dict[str, Any]:
    """One template with the sections of all; other keys come from the first that has them.

    Raises Contradiction.
    """
    merged: dict[str, Any] = {}
    for template in templates:
        for key, value in template.items():
            if key in _SECTIONS:
                _add(merged.setdefault(key, {}), value, key)
            else:
                merged.setdefault(key, value)
    return merged


def _add(section: dict[str, Any], more: dict[str, Any], title: str) -> None:
    for name, value in more.items():
        if section.setdefault(name, value) != value:
            raise Contradiction(f"{title}: {name} is declared twice")
