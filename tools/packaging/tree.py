"""The folder that Lambda gets: our code, Chalice's runtime, the wheels of Lambda's platform."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Literal

from tools.packaging.runtime import wheels

Architecture = Literal["arm64", "x86_64"]

ROOT = Path(__file__).resolve().parent.parent.parent
_WHEELS = {"arm64": "aarch64", "x86_64": "x86_64"}
_OURS = shutil.ignore_patterns("__pycache__", "*.pyc")


def of_this_machine() -> Architecture:
    """The architecture whose wheels this machine can run."""
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def assemble(folder: Path, architecture: Architecture) -> None:
    """Fill an empty folder.

    Raises NoSuchRuntime, and CalledProcessError when the package index does not deliver.
    """
    _install_wheels(folder, architecture)
    _copy_chalice(folder)
    shutil.copy2(ROOT / "app.py", folder)
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=_OURS)


def _install_wheels(folder: Path, architecture: Architecture) -> None:
    version = sys.version_info[:2]
    tags = [f"--platform={glibc}_{_WHEELS[architecture]}" for glibc in wheels(version)]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--no-deps", "--only-binary=:all:", "--implementation=cp"]
    command += [f"--python-version={version[0]}.{version[1]}", *tags]
    command += [f"--target={folder}", f"--requirement={ROOT / 'requirements.txt'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()


def _copy_chalice(folder: Path) -> None:
    """Lambda needs two of Chalice's modules; the rest of it deploys, and does not run."""
    made = distribution("chalice")
    for name in ("chalice/__init__.py", "chalice/app.py"):
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(Path(str(made.locate_file(name))), target)
    for file in made.files or ():
        if file.name in ("LICENSE", "METADATA"):
            target = folder / f"chalice-{made.version}.dist-info" / file.name
            target.parent.mkdir(exist_ok=True)
            shutil.copy2(Path(str(made.locate_file(file))), target)
