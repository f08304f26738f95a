"""Takes out of the folder what no function reads: it would be unpacked at every cold start.

Nothing here is guessed: `smoke.py` makes every client and imports every module of what is left.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path

_UNUSED = ("bin", "boto3", "s3transfer", "wrapt-stubs")
"""Commands, and boto3 over botocore: ctgo and PynamoDB call botocore."""
_FOR_DEVELOPERS = ("*.pyi", "py.typed", "*.c", "*.h", "*.pxd", "*.pyx")
_KEPT_OF_METADATA = re.compile(r"METADATA|LICEN[CS]E|NOTICE|COPYING|AUTHORS", re.IGNORECASE)
_ROOT = re.compile(r"(?:^#[^\n]*\n)+-----BEGIN.*?-----END CERTIFICATE-----\n", re.M | re.S)
_SIGNS_AWS = re.compile(r"^# Subject:.*(?:Amazon|Starfield)", re.M)
ROOTS_FILE = "aws-roots.pem"
LEAST_ROOTS = 5
"""Amazon has four root certificates and Starfield at least one; with fewer a call could fail."""


def trim(folder: Path, services: Collection[str]) -> None:
    """Cut the folder down, keeping what botocore knows of `services`."""
    for name in _UNUSED:
        for gone in [folder / name, *folder.glob(f"{name}-*.dist-info")]:
            shutil.rmtree(gone, ignore_errors=True)
    _trim_botocore(folder / "botocore" / "data", services)
    for metadata in folder.glob("*.dist-info"):
        _trim_metadata(metadata)
    for pattern in _FOR_DEVELOPERS:
        for file in folder.rglob(pattern):
            file.unlink()
    for tests in [path for path in folder.rglob("tests") if path.is_dir()]:
        shutil.rmtree(tests)


def _trim_botocore(data: Path, services: Collection[str]) -> None:
    for entry in data.iterdir():
        if entry.is_dir() and entry.name not in services:
            shutil.rmtree(entry)
    # A megabyte of JSON in whose place chalicelib/aws.py has what its clients ask for.
    (data / "endpoints.json").unlink()
    for examples in data.rglob("examples-*"):
        examples.unlink()


def _trim_metadata(metadata: Path) -> None:
    """Licences stay with the code that they are for."""
    for file in [path for path in metadata.rglob("*") if path.is_file()]:
        if not _KEPT_OF_METADATA.search(file.name):
            file.unlink()
    for empty in [
        path for path in metadata.rglob("*") if path.is_dir() and not any(path.iterdir())
    ]:
        empty.rmdir()
    if not any(metadata.iterdir()):
        metadata.rmdir()


def write_roots(folder: Path) -> None:
    """The root certificates that AWS uses, in a file of their own: reading all 117 takes 19 ms.

    Raises ValueError when certifi's bundle does not name them as it used to.
    """
    bundle = (folder / "certifi" / "cacert.pem").read_text()
    roots = [root for root in _ROOT.findall(bundle) if _SIGNS_AWS.search(root)]
    if len(roots) < LEAST_ROOTS:
        raise ValueError(f"certifi has {len(roots)} root certificates of Amazon and Starfield")
    (folder / ROOTS_FILE).write_text("".join(roots))
