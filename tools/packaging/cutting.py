"""Cuts short what libraries do at start-up for things that ctgo has not got.

A cut is a file of a library and what stands in its place. It raises where the library no longer
looks as it did when the cut was made, so that a new version is looked at before it is packed; and
`smoke.py` tries out what was cut. Milliseconds are those of one cold start.
"""

from __future__ import annotations

import ast
import gzip
import json
import shutil
from pathlib import Path
from typing import Any


def cut(folder: Path) -> None:
    """Make every cut. Raises ValueError when a library is not what it was."""
    _no_documentation(folder / "botocore" / "docs")
    _no_plugins(folder / "pydantic" / "plugin" / "_loader.py")
    _no_http2(folder / "urllib3" / "http2" / "__init__.py")
    _no_annotations(folder / "pydantic_core" / "core_schema.py")
    for packed in (folder / "botocore" / "data").rglob("*.json.gz"):
        _no_prose(packed)


_UNDOCUMENTED = '''"""In place of botocore's writers of documentation, which ctgo leaves out."""


class _Undocumented(str):
    """The docstring of a generated method."""

    def __new__(cls, *_args, **_options):
        return super().__new__(cls, "See the documentation of botocore.")


ClientMethodDocstring = PaginatorDocstring = WaiterDocstring = _Undocumented
'''


def _no_documentation(docs: Path) -> None:
    """Clients are made with docstrings that write themselves; loading their writers takes 10 ms."""
    _expect(docs / "docstring.py", "class ClientMethodDocstring")
    handlers_need = (docs / "utils.py").read_text()
    shutil.rmtree(docs)
    docs.mkdir()
    (docs / "utils.py").write_text(handlers_need)
    (docs / "__init__.py").write_text("")
    (docs / "docstring.py").write_text(_UNDOCUMENTED)


_PLUGINLESS = '''"""In place of pydantic's search for plugins: nothing that ctgo packs has one."""


def get_plugins():
    return ()
'''


def _no_plugins(loader: Path) -> None:
    """Pydantic's search loads importlib.metadata, even where it is switched off: 5 ms."""
    _expect(loader, "def get_plugins()")
    loader.write_text(_PLUGINLESS)


def _no_http2(package: Path) -> None:
    """Urllib3's switch to HTTP/2, which nobody throws, loads importlib.metadata as well."""
    _expect(package, "def inject_into_urllib3()")
    package.write_text("")


def _no_annotations(schemas: Path) -> None:
    """Pydantic's 90 kinds of schema are TypedDicts, whose keys only a type checker looks at.

    Python compiles the annotation of each key when the module is loaded: 8 ms.
    """
    _expect(schemas, "(TypedDict, total=False):")
    module = ast.parse(schemas.read_text())
    for node in module.body:
        if isinstance(node, ast.ClassDef) and _is_typed_dict(node):
            node.body = [ast.Pass()]
    schemas.write_text(ast.unparse(module))


def _is_typed_dict(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in node.bases)


def _no_prose(packed: Path) -> None:
    """What botocore knows of a service is three quarters documentation, and gzipped: 4 ms."""
    described = json.loads(gzip.decompress(packed.read_bytes()))
    packed.with_suffix("").write_text(json.dumps(_without_prose(described), separators=(",", ":")))
    packed.unlink()


def _without_prose(described: Any) -> Any:
    if isinstance(described, dict):
        return {
            name: _without_prose(value)
            for name, value in described.items()
            if not (name == "documentation" and isinstance(value, str))
        }
    if isinstance(described, list):
        return [_without_prose(each) for each in described]
    return described


def _expect(file: Path, words: str) -> None:
    if not file.is_file() or words not in file.read_text():
        raise ValueError(f"{file.name} of {file.parent} has no {words!r} any more")
