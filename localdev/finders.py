"""The fake e-mail finders over HTTP: `python -m localdev.finders --port N`.

People Data Labs, Hunter and Prospeo in their own wire shapes, at one address. Whether somebody is
found, and how, follows from the name alone, so that the same question has the same answer. Control:

    GET  /_control/asked        the paths that were asked, oldest first
    POST /_control/faults       {"path": "/v2/email-finder", "answers": [[status, body], ...]}
"""

from __future__ import annotations

import threading
from collections import defaultdict
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from localdev import json_server
from localdev.json_server import Asked, Reply

PDL, HUNTER, PROSPEO = "/v5/person/enrich", "/v2/email-finder", "/enrich-person"
KEY = "finder_local"


class Finders:
    """All three."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.faults: dict[str, list[Reply]] = defaultdict(list)
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        """Answer a client of one of them, or whoever controls this."""
        answers = {PDL: _people_data_labs, HUNTER: _hunter, PROSPEO: _prospeo}
        with self._lock:
            if asked.path == "/_control/asked":
                return 200, {"asked": self.asked}
            if asked.path == "/_control/faults":
                found = [(int(status), body) for status, body in asked.body["answers"]]
                self.faults[asked.body["path"]] = found
                return 200, {"ok": True}
            if asked.path not in answers:
                return 404, {"error": "not found"}
            self.asked.append(asked.path)
            if self.faults[asked.path]:
                return self.faults[asked.path].pop(0)
        return answers[asked.path](asked) if _has_key(asked) else (401, {"error": "no such key"})


def _has_key(asked: Asked) -> bool:
    given = (asked.headers.get(name, "") for name in ("x-api-key", "authorization", "x-key"))
    return any(each.removeprefix("Bearer ") == KEY for each in given)


def _people_data_labs(asked: Asked) -> Reply:
    handle = asked.query.get("profile", "").rpartition("/")[2].lower()
    if not handle or _chance(f"pdl {handle}") > 0.45:
        nothing = {"type": "not_found", "message": "No records were found"}
        return 404, {"status": 404, "error": nothing}
    data = {
        "linkedin_url": f"linkedin.com/in/{handle.replace('_', '-')}-x",
        "work_email": f"{handle}@work.example" if _chance(f"mail {handle}") < 0.3 else None,
    }
    return 200, {"status": 200, "likelihood": 6 + round(4 * _chance(handle)), "data": data}


def _hunter(asked: Asked) -> Reply:
    name = asked.query.get("linkedin_handle") or asked.query.get("first_name", "").lower()
    domain = asked.query.get("domain") or "work.example"
    if _chance(f"hunter {name} {domain}") > 0.5:
        return 200, {"data": {"email": None}, "meta": {}}
    status = "valid" if _chance(f"status {name}") < 0.7 else "accept_all"
    data = {"email": f"{name}@{domain}", "verification": {"status": status}}
    return 200, {"data": data, "meta": {}}


def _prospeo(asked: Asked) -> Reply:
    known: dict[str, Any] = asked.body.get("data", {})
    name = str(known.get("first_name") or urlsplit(known.get("linkedin_url", "")).path).lower()
    domain = known.get("company_website") or "work.example"
    if not name or _chance(f"prospeo {name} {domain}") > 0.4:
        return 400, {"error": True, "error_code": "NO_MATCH"}
    address = f"{name.rpartition('/')[2]}@{domain}"
    email = {"status": "VERIFIED", "revealed": True, "email": address}
    return 200, {"error": False, "person": {"email": email}}


def _chance(text: str) -> float:
    """A number from 0 to 1 that belongs to the text."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") / 2**32


if __name__ == "__main__":
    json_server.main(Finders().answer, __doc__)
