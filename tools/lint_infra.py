"""`make lint-infra`: cfn-lint and our own rules on every stage's template, checkov on prod's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.checks import ROOT, program
from tools.infra_rules import faults
from tools.packaging.template import full_template, write_yaml

STAGES = ("dev", "prod")


def main() -> int:
    """1 when anything is found."""
    wrong = 0
    for stage in STAGES:
        folder = ROOT / "dist" / "lint" / stage
        folder.mkdir(parents=True, exist_ok=True)
        template = full_template(stage, "arm64")
        file = folder / "template.yaml"
        write_yaml(template, file)
        found = list(faults(template, stage, ROOT))
        print("\n".join(f"{stage}: {fault}" for fault in found) or f"{stage}: our own rules hold")
        wrong += len(found) + _cfn_lint(file)
    # dev differs in what is protected, kept and reserved, where a small account has little to give.
    return min(wrong + _checkov(ROOT / "dist" / "lint" / "prod" / "template.yaml"), 1)


def _cfn_lint(file: Path) -> int:
    code = subprocess.run([str(Path(sys.executable).parent / "cfn-lint"), str(file)], check=False)
    return code.returncode


def _checkov(file: Path) -> int:
    command = [program("checkov"), "--config-file", str(ROOT / ".checkov.yaml"), "-f", str(file)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
