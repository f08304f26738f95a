"""From an empty folder to the archive, in order."""

from __future__ import annotations

import tempfile
from pathlib import Path

from chalicelib import aws
from tools.packaging import archive, cutting, tree, trimming


def bundle(architecture: tree.Architecture, target: Path) -> None:
    """Write the archive of all functions."""
    with tempfile.TemporaryDirectory(prefix="ctgo-") as scratch:
        folder = Path(scratch) / "task"
        folder.mkdir()
        tree.assemble(folder, architecture)
        trimming.trim(folder, aws.SERVICES)
        cutting.cut(folder)
        trimming.write_roots(folder)
        archive.compile_all(folder)
        archive.write(folder, target)
