"""One package for all tests of it: making it takes some seconds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.packaging import tree
from tools.packaging.bundle import bundle


@pytest.fixture(scope="session")
def archive_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive for this machine's processor."""
    file = tmp_path_factory.mktemp("package") / "deployment.zip"
    bundle(tree.of_this_machine(), file)
    return file


@pytest.fixture(scope="session")
def task(archive_file: Path) -> Path:
    """The archive, unpacked."""
    folder = archive_file.parent / "task"
    shutil.unpack_archive(archive_file, folder)
    return folder
