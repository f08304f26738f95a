"""`python -m tools.packaging --stage prod`: dist/STAGE with template.yaml and deployment.zip."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.packaging import archive, smoke, tree
from tools.packaging.bundle import bundle
from tools.packaging.mending import TooFewWorkers
from tools.packaging.runtime import NoSuchRuntime, wheels
from tools.packaging.template import full_template, write_yaml
from tools.packaging.tree import ROOT, Architecture

MOST_MEGABYTES = 80
"""The bound that we set ourselves, unpacked: what is not read is not packed."""


def main() -> int:
    """Package a stage; 1 when Lambda would not take it, or the archive is larger than it may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev", choices=["dev", "prod"])
    parser.add_argument("--arch", default="arm64", choices=["arm64", "x86_64"])
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    out = given.out or ROOT / "dist" / given.stage
    try:
        wheels(sys.version_info[:2])
        return package(given.stage, given.arch, out)
    except (NoSuchRuntime, TooFewWorkers) as error:
        print(error, file=sys.stderr)
        return 1


def package(stage: str, architecture: Architecture, out: Path) -> int:
    """Make template and archive in `out`, and try the archive out."""
    began = time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    write_yaml(full_template(stage, architecture), out / "template.yaml")
    zipped = out / "deployment.zip"
    bundle(architecture, zipped)
    _try_out(architecture, zipped)
    unpacked = archive.unpacked_megabytes(zipped)
    print(
        f"template   {out / 'template.yaml'}: {(out / 'template.yaml').stat().st_size // 1000} kB"
    )
    print(f"archive    {zipped}: {zipped.stat().st_size / 1e6:.1f} MB, {architecture}")
    print(
        f"unpacked   {unpacked:.1f} MB of {archive.LIMIT_MEGABYTES} (our bound: {MOST_MEGABYTES})"
    )
    print(f"sha256     {archive.digest(zipped)}")
    print(f"took       {time.monotonic() - began:.0f} s")
    return int(unpacked > MOST_MEGABYTES)


def _try_out(architecture: Architecture, zipped: Path) -> None:
    """Run the smoke test; where this machine cannot run the wheels, on the same with its own."""
    with tempfile.TemporaryDirectory(prefix="ctgo-") as scratch:
        folder = Path(scratch) / "task"
        if architecture != tree.of_this_machine():
            zipped = Path(scratch) / "own.zip"
            bundle(tree.of_this_machine(), zipped)
        shutil.unpack_archive(zipped, folder)
        command = [sys.executable, "-I", "-S", smoke.__file__, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"the archive does not run by itself:\n{done.stderr[-3000:]}")


if __name__ == "__main__":
    raise SystemExit(main())
