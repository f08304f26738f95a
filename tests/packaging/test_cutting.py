"""What is cut out of libraries: it is gone, nothing else is, and a changed library is noticed."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader

from chalicelib import aws
from tools.packaging import cutting, smoke

LIBRARIES = {
    "botocore/docs/docstring.py": "class ClientMethodDocstring: ...",
    "botocore/docs/utils.py": "HANDLERS_NEED = 1",
    "botocore/docs/writer.py": "",
    "pydantic/plugin/_loader.py": "import importlib.metadata\ndef get_plugins(): ...",
    "urllib3/http2/__init__.py": "import importlib.metadata\ndef inject_into_urllib3(): ...",
    "pydantic_core/core_schema.py": "class Any(TypedDict, total=False):\n    type: Required[str]\n"
    "class Plain:\n    type: str\n",
}
"""What the cuts look for, in small."""

ASK = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import app
answers = [app.app(json.loads(event), None) for event in sys.argv[2:]]
print(json.dumps([answers, sorted(sys.modules)]))
"""


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    for name, text in LIBRARIES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    described = {"documentation": "<p>Long.</p>", "shapes": [{"documentation": {"shape": "Text"}}]}
    (tmp_path / "botocore" / "data").mkdir()
    packed = tmp_path / "botocore" / "data" / "service-2.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(described).encode()))
    return tmp_path


def _answers(folder: Path, *events: dict[str, Any]) -> tuple[list[dict[str, Any]], set[str]]:
    """What the package answers, by itself, and the modules that it loaded for that."""
    command = [sys.executable, "-I", "-S", "-c", ASK, str(folder), *map(json.dumps, events)]
    environment = {**os.environ, **smoke.ENVIRONMENT, "LAMBDA_TASK_ROOT": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    answers, modules = json.loads(done.stdout.splitlines()[-1])
    return answers, set(modules)


def test_cuts(libraries: Path) -> None:
    cutting.cut(libraries)
    left = {
        str(file.relative_to(libraries)): file.read_text()
        for file in libraries.rglob("*")
        if file.is_file()
    }
    assert "botocore/docs/writer.py" not in left
    assert left["botocore/docs/utils.py"] == "HANDLERS_NEED = 1"
    assert not [name for name, text in left.items() if "importlib.metadata" in text]
    assert "Required" not in left["pydantic_core/core_schema.py"]
    assert "type: str" in left["pydantic_core/core_schema.py"]
    assert left["botocore/data/service-2.json"] == '{"shapes":[{"documentation":{"shape":"Text"}}]}'


@pytest.mark.parametrize("changed", [name for name, text in LIBRARIES.items() if ":" in text])
def test_a_library_that_changed(libraries: Path, changed: str) -> None:
    (libraries / changed).write_text("another = 1")
    with pytest.raises(ValueError, match=Path(changed).name):
        cutting.cut(libraries)


def test_a_library_that_has_moved(libraries: Path) -> None:
    (libraries / "pydantic" / "plugin" / "_loader.py").unlink()
    with pytest.raises(ValueError, match=r"_loader\.py"):
        cutting.cut(libraries)


def _leaves(described: Any, *path: str | int) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Each value that holds no further ones, and where it stands."""
    if isinstance(described, dict | list) and described:
        named = described.items() if isinstance(described, dict) else enumerate(described)
        for name, value in named:
            yield from _leaves(value, *path, name)
    else:
        yield path, described


@pytest.mark.parametrize("service", aws.SERVICES)
def test_botocore_knows_the_services_as_before(task: Path, service: str) -> None:
    packed = Loader([str(task / "botocore" / "data")], include_default_search_paths=False)
    known = list(_leaves(Loader().load_service_model(service, "service-2")))
    wanted = [leaf for leaf in known if leaf[0][-1] != "documentation"]
    assert list(_leaves(packed.load_service_model(service, "service-2"))) == wanted
    assert len(wanted) < len(known)


def test_the_package_describes_the_api_as_the_source_does(task: Path) -> None:
    from chalicelib.docs_site.routes import described  # every schema of ctgo goes into it

    event = smoke._unknown_key()
    event |= {"resource": "/api/v2/openapi.json", "path": "/api/v2/openapi.json"}
    event["requestContext"] |= {"resourcePath": "/api/v2/openapi.json"}
    (answer,), _ = _answers(task, event)
    assert answer["statusCode"] == 200
    packed, ours = json.loads(answer["body"]), json.loads(described())
    assert packed["paths"] == ours["paths"]
    assert packed["components"]["schemas"] == ours["components"]["schemas"]


def test_a_request_loads_no_search_for_plugins(task: Path) -> None:
    (answer,), modules = _answers(task, smoke._unknown_key())
    assert answer["statusCode"] == 401
    assert "importlib.metadata" not in modules
