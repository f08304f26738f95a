"""`python -I -S smoke.py FOLDER`: what was packed runs with its own files alone.

It imports every module, opens every room, makes every client, and lets the API answer a request.
It imports nothing of this repository but through FOLDER, and prints the services as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path
from typing import Any

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_LAMBDA_FUNCTION_NAME": "smoke",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "LAMBDA_TASK_ROOT": "/var/task",
    "STAGE": "prod",
    # A stage of others serves nothing on the built-in secrets.
    "KEY_PEPPER": "smoke",
    "CURSOR_SECRET": "smoke",
    "PRIVACY_SECRET": "smoke",
}


def main(folder: Path) -> None:
    """Raises whatever is missing."""
    os.environ.update(ENVIRONMENT)
    sys.path = [path for path in sys.path if "site-packages" not in path]
    sys.path.insert(0, str(folder))
    app = importlib.import_module("app").app
    ours = importlib.import_module("chalicelib")
    for module in pkgutil.walk_packages(ours.__path__, "chalicelib."):
        importlib.import_module(module.name)
    aws = importlib.import_module("chalicelib.aws")
    for service in aws.SERVICES:
        aws.client(service).meta.service_model  # noqa: B018 - reads the service's data
    importlib.import_module("chalicelib.db").connection()
    answer = app(_unknown_key(), None)
    if answer["statusCode"] != 401:
        raise SystemExit(f"the API answered {answer}")
    foreign = sorted(_foreign(folder))
    if foreign:
        raise SystemExit(f"imported from outside the package: {foreign}")
    print(json.dumps({"services": aws.SERVICES, "handlers": sorted(app.handler_map)}))


def _unknown_key() -> dict[str, Any]:
    """GET /me with a credential that is refused before any table is read."""
    return {
        "resource": "/api/v2/me",
        "path": "/api/v2/me",
        "httpMethod": "GET",
        "headers": {"Authorization": "Bearer no-key"},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/api/v2/me",
            "httpMethod": "GET",
            "requestId": "smoke",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _foreign(folder: Path) -> set[str]:
    own = (str(folder), str(Path(os.__file__).parent))
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    return {
        name
        for name, file in files.items()
        if file and name != "__main__" and not os.path.realpath(file).startswith(own)
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
