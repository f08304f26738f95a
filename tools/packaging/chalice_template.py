"""What `chalice package` makes of the app for one stage: a SAM template."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tools.packaging.tree import ROOT


def chalice_template(stage: str, architecture: str) -> dict[str, Any]:
    """Chalice's template. Its archive is thrown away, which is why it is given no requirements.

    It runs in a process and on a copy of its own, because the names of an app's queues are settled
    by the stage when the app is imported. Raises RuntimeError with what Chalice says.
    """
    with tempfile.TemporaryDirectory(prefix="ctgo-") as scratch:
        project = Path(scratch) / "project"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "chalicelib", project / "chalicelib", ignore=ignored)
        shutil.copytree(ROOT / ".chalice", project / ".chalice")
        shutil.copy2(ROOT / "app.py", project)
        (project / "requirements.txt").write_text("")
        _choose_architecture(project / ".chalice" / "config.json", architecture)
        out = Path(scratch) / "out"
        command = ["-P", "-c", "from chalice.cli import main; main()", "package", "--stage", stage]
        done = subprocess.run(
            [sys.executable, *command, "--template-format", "yaml", str(out)],
            cwd=project,
            env=_environment(stage),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"chalice package failed:\n{done.stderr}")
        template: dict[str, Any] = yaml.safe_load((out / "sam.yaml").read_text())
        return template


def _choose_architecture(config: Path, architecture: str) -> None:
    chosen = json.loads(config.read_text()) | {"lambda_architecture": architecture}
    config.write_text(json.dumps(chosen))


def _environment(stage: str) -> dict[str, str]:
    """Nothing of an AWS account, and no secret of the operator's, gets into the template."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {"STAGE": stage, "AWS_DEFAULT_REGION": "us-east-1"}
