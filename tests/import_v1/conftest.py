"""The export that most tests begin from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.import_v1 import lines


@pytest.fixture
def folder(aws: str, tmp_path: Path) -> Path:
    """An export of one user whose accounts are read each day, and a stage to bring it to."""
    return lines.write(tmp_path, lines.small() | lines.SCHEDULED)
