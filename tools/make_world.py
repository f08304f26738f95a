"""Writes the bundled made-up world, the same bytes each time: `python tools/make_world.py`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from localdev.xworld.invention.account import AS_OF, Invented  # noqa: E402
from localdev.xworld.invention.dice import Dice  # noqa: E402
from localdev.xworld.invention.invent import invent  # noqa: E402
from localdev.xworld.tracked import account_rows  # noqa: E402
from localdev.xworld.world import BUNDLED  # noqa: E402

PEOPLE = 2_000
SUSPENDED = 0.006
_SEED = "ctgo made-up world, first edition"

_SHARES = {"orbitdesk": 0.6, "tidewater": 0.45, "fernhill_labs": 0.25, "lockedgarden": 0.05}
"""How many of all people follow each tracked account; who follows none follows the first."""

_SMALL, _SMALL_FOLLOWERS = "smallharbor", 9

_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
"""X's ids carry the time since this moment, from November 2010 on."""

_EDGES: tuple[dict[str, Any], ...] = (
    {"handle": "a", "name": "🌻", "bio": ""},
    {
        "handle": "fifteen_letters",
        "name": "\u0645\u062d\u0645\u0648\u062f \u200b",
        "bio": "\u202b\u062e\u0637 \u0645\u0646 \u0627\u0644\u064a\u0645\u064a\u0646\u202c back",
    },
    {
        "handle": "Zalgo_Vera",
        "name": "Ve\u0301ra Z\u0336a\u0336l\u0336g\u0336o",
        "bio": "𝓯𝓪𝓷𝓬𝔂 𝓵𝓮𝓽𝓽𝓮𝓻𝓼 designer",
    },
    {
        "handle": "quotes_and_tabs",
        "name": 'Ann "O\'Brien" <b>',
        "bio": 'a,b;c\t"d"\n=SUM(A1) & co',
    },
    {"handle": "nobodys_numbers", "name": "No Figures", "bio": "Only the name is known"},
    {"handle": "LongestBio", "name": "Long " * 10, "bio": "word " * 31 + "ends."},
    {
        "handle": "famous_baker",
        "name": "Maren Holt",
        "bio": "Baker. Bread every day",
        "followers": 8_400_000,
    },
    {"handle": "_____", "name": "   ", "bio": "   "},
)
"""Rows that programs trip over: odd letters, empty fields, extreme lengths and figures."""


def rows() -> Iterator[dict[str, Any]]:
    """All rows of the world: tracked accounts, odd cases, then people."""
    handles: set[str] = set()
    for number, account in enumerate(account_rows()):
        handles.add(account["handle"].lower())
        yield {**account, "made": {"kind": "brand", "trade": "tracked", "number": number}}
    for number, edge in enumerate(_EDGES):
        handles.add(edge["handle"].lower())
        made = {"kind": "human", "trade": None, "gender": None, "language": "en"}
        yield {"id": str(9_000_000 + number), **edge, "follows": ["orbitdesk"], "made": made}
    for number in range(PEOPLE):
        yield _row(number, handles)


def _row(number: int, handles: set[str]) -> dict[str, Any]:
    account = invent(f"{_SEED} {number}")
    dice = Dice(f"{_SEED} place {number}")
    shown = {
        key: value
        for key, value in account.shown.items()
        if value is not None and value is not False
    }
    shown |= {key: account.shown[key] for key in ("verified", "defaultAvatar")}
    suspended = {"suspended": True} if dice.chance(SUSPENDED) else {}
    return {
        "id": _id(number, account.shown["createdAt"]),
        "handle": _handle(account, dice, handles),
        **shown,
        **suspended,
        "follows": _follows(number, dice),
        "made": {
            "kind": account.kind,
            "trade": account.trade,
            "gender": account.gender,
            "language": account.language,
        },
    }


def _id(number: int, created_at: str) -> str:
    """An id as X would have given it on that day; `number` keeps it unique."""
    milliseconds = int(datetime.fromisoformat(created_at).timestamp() * 1000) - _SNOWFLAKE_EPOCH_MS
    if milliseconds > 0:
        return str((milliseconds << 22) + number)
    return str(200_000_000 + milliseconds // 1_000_000 * 1_000 + number)


def _handle(account: Invented, dice: Dice, taken: set[str]) -> str:
    stem = account.stem.title().replace("_", "") if dice.chance(0.15) else account.stem
    handle = stem[: 15 - len(account.digits)] + account.digits
    while handle.lower() in taken:
        digits = str(dice.between(10, 9_999))
        handle = stem[: 15 - len(digits)] + digits
    taken.add(handle.lower())
    return handle


def _follows(number: int, dice: Dice) -> list[str]:
    chosen = [handle for handle, share in _SHARES.items() if dice.chance(share)]
    if number < _SMALL_FOLLOWERS:
        chosen.append(_SMALL)
    return chosen or [next(iter(_SHARES))]


def main() -> None:
    """Write the file, or another that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=BUNDLED)
    output: Path = parser.parse_args().output
    lines = [json.dumps(row, ensure_ascii=False) for row in rows()]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{output}: {len(lines)} rows as of {AS_OF:%Y-%m-%d}")


if __name__ == "__main__":
    main()
