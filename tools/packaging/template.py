"""The whole template of a stage: Chalice's, ours, alarms and dashboard, merged and mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from localdev import template as templates
from tools.packaging.alarms import alarms
from tools.packaging.chalice_template import chalice_template
from tools.packaging.dashboard import dashboard
from tools.packaging.functions import functions
from tools.packaging.gateway import mend_api
from tools.packaging.mending import mend
from tools.packaging.merging import merge
from tools.packaging.tree import ROOT

OURS = ("resources.yaml", "operations.yaml")


def full_template(stage: str, architecture: str) -> dict[str, Any]:
    """All that CloudFormation makes of a stage."""
    from app import app

    merged = merge(*map(_ours, OURS), chalice_template(stage, architecture))
    declared = list(functions(app))
    mend(merged, stage, declared)
    mend_api(merged["Resources"]["RestAPI"]["Properties"], _ours("gateway.yaml"))
    watching = {each.logical_id: each.resource() for each in alarms(merged, declared)}
    merged["Resources"] |= watching | {"Dashboard": dashboard(merged, declared)}
    return merged


def _ours(name: str) -> Any:
    return templates.load((ROOT / "infra" / name).read_text())


class _Plain(yaml.SafeDumper):
    """Writes no anchors, which CloudFormation does not read."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's hook
        return True


def write_yaml(template: dict[str, Any], target: Path) -> None:
    """Write the template to a file."""
    target.write_text(as_yaml(template))


def as_yaml(template: dict[str, Any]) -> str:
    """YAML, because the same as JSON is half as large again, and a megabyte is the limit."""
    return yaml.dump(template, Dumper=_Plain, sort_keys=True, width=200)
