"""`make audit`: known weaknesses of what we ship, its licences, risky code, secrets in the source.

STRICT=1 also fails when no advisories could be had, which without a network is told, not failed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

from tools.checks import ROOT, program

PERMISSIVE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Unlicense|MPL-2\.0|Mozilla Public|0BSD",
    re.IGNORECASE,
)
"""Licences that let anybody run ctgo and pass it on."""
SOURCES = ("app.py", "chalicelib", "localdev", "bench", "tools")
NO_SECRETS = r"docs/openapi\.json|requirements.*\.txt|.*/assets/.*|localdev/x?worlds?/.*|tests/.*"
"""Hashes, bundled pages and made-up people; keys that tests make up are no secrets."""
UNASKED = "KeywordDetector"
"""It takes the names of settings for their values."""


def main() -> int:
    """1 when anything is found."""
    faults = _licences() + _advisories() + _risky_code() + _secrets()
    return min(faults, 1)


def shipped() -> dict[str, str]:
    """The packages that Lambda gets, with their versions."""
    lines = (ROOT / "requirements.txt").read_text().split()
    return dict(line.split("==") for line in lines)


def licence(found: PackageMetadata) -> str:
    """What a package says its licence is."""
    classifiers = found.get_all("Classifier") or []
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::")]
    stated = (
        found.get("License-Expression") or ", ".join(named) or found.get("License") or "unknown"
    )
    return stated.splitlines()[0][:60]


def _licences() -> int:
    refused = 0
    print("licences of what is shipped")
    for name, version in shipped().items():
        stated = licence(metadata(name))
        is_fine = bool(PERMISSIVE.search(stated))
        refused += not is_fine
        print(f"  {name:24} {version:14} {stated}{'' if is_fine else '   <- not permissive'}")
    return refused


def _advisories() -> int:
    command = [program("pip-audit"), "--format=json", "--progress-spinner=off", "--no-deps"]
    command += ["--disable-pip", f"--requirement={ROOT / 'requirements.txt'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        rows = json.loads(done.stdout)["dependencies"]
    except ValueError:
        rows = []
    asked = [row for row in rows if "skip_reason" not in row]
    weak = [row for row in asked if row["vulns"]]
    for row in weak:
        names = ", ".join(vulnerability["id"] for vulnerability in row["vulns"])
        print(f"advisories  {row['name']} {row['version']}: {names}")
    if len(asked) < len(shipped()):
        left = len(shipped()) - len(asked)
        print(f"advisories  NOT ASKED for {left} of {len(shipped())}: no advisory service in reach")
        return len(weak) + (left if os.environ.get("STRICT") == "1" else 0)
    print(f"advisories  {len(asked)} packages asked for, {len(weak)} with known weaknesses")
    return len(weak)


def _risky_code() -> int:
    ruff = str(Path(sys.executable).parent / "ruff")
    done = subprocess.run([ruff, "check", "--select", "S", *SOURCES], cwd=ROOT, check=False)
    return done.returncode


def _secrets() -> int:
    """Anything in the source that looks like a key or a password."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [name for name in listed.stdout.splitlines() if not re.fullmatch(NO_SECRETS, name)]
    done = subprocess.run(
        [program("detect-secrets"), "scan", f"--disable-plugin={UNASKED}", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)["results"]
    for name, rows in found.items():
        for row in rows:
            print(f"secrets     {name}:{row['line_number']}: {row['type']}")
    print(f"secrets     {len(files)} files read, {sum(map(len, found.values()))} findings")
    return len(found)


if __name__ == "__main__":
    raise SystemExit(main())
