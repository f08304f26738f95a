"""Byte code and the archive, the same bytes for the same source whenever and wherever made."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

LIMIT_MEGABYTES = 250
"""What Lambda takes, unpacked."""
_TASK_ROOT = "/var/task"
_ANY_DATE = (1980, 1, 1, 0, 0, 0)
_FILE = 0o100644 << 16


def compile_all(folder: Path) -> None:
    """Write the .pyc of every module; Lambda's disk is read-only, and so it can never do it.

    They are not compared with their sources (`unchecked-hash`), whose dates an archive loses.
    Raises subprocess.CalledProcessError when a module does not compile.
    """
    command = [sys.executable, "-P", "-s", "-m", "compileall", "-q", "-j1"]
    command += ["--invalidation-mode=unchecked-hash", "-s", str(folder), "-p", _TASK_ROOT]
    # The order of a constant set follows the seed of hashes.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run([*command, str(folder)], check=True, env=environment)


def write(folder: Path, archive: Path) -> None:
    """Pack the folder, in the order of names and without dates."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _ANY_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _FILE
            packed.writestr(entry, file.read_bytes())


def digest(archive: Path) -> str:
    """What names the archive in a bucket."""
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def unpacked_megabytes(archive: Path) -> float:
    """The size that Lambda's limit is held against."""
    with zipfile.ZipFile(archive) as packed:
        return sum(entry.file_size for entry in packed.infolist()) / 1e6
