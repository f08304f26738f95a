"""`python -m tools.refresh_swagger_ui`: take the newest Swagger UI from npm into the docs page."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "chalicelib" / "docs_site" / "assets"
PACKAGE = "swagger-ui-dist"
FILES = (
    "swagger-ui-bundle.js",
    "swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui.css",
    "LICENSE",
    "NOTICE",
)


def main() -> None:
    """Fetch the package with npm, take its files, note its version."""
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            ["npm", "pack", PACKAGE, "--json"],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        packed = json.loads(told.stdout)[0]
        with tarfile.open(Path(folder) / packed["filename"]) as archive:
            for name in FILES:
                member = archive.extractfile(f"package/{name}")
                if member is None:
                    raise FileNotFoundError(name)
                (ASSETS / name).write_bytes(member.read())
    (ASSETS / "README.md").write_text(note(packed["version"]))


def note(version: str) -> str:
    """What stands beside the files, for whoever wonders where they are from."""
    return (
        f"Swagger UI {version} ({PACKAGE} on npm), Apache-2.0: see LICENSE and NOTICE. Unchanged.\n"
        "`python -m tools.refresh_swagger_ui` takes the newest version.\n"
        "`page.html` and `start.js` are ours.\n"
    )


if __name__ == "__main__":
    main()
