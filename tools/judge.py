"""Judge profiles on the command line: one JSON object a line in, one a line out, in order.

Keys of a profile: id (required), handle, name, bio, followers, following, tweets, listed,
createdAt, asOf, verified, defaultAvatar, url, location; absent and null both mean "not known",
other keys are passed over. The answer holds bot, kind, gender, labels and followerCountTier;
with --segment also match. A line that is no such profile answers {"error": ...}, is named on
standard error, and makes the exit code 2.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chalicelib.matching.aliases import Category
from chalicelib.matching.engine import Analysis, analyse
from chalicelib.matching.labels import canonical, suggestions
from chalicelib.matching.match import CompiledSegment, SegmentFilters, compile_segment, match
from chalicelib.profile import Profile

Tier = Literal["under_1k", "1k_to_10k", "10k_to_100k", "100k_to_1m", "over_1m"]


class ProfileLine(BaseModel):
    """A profile as it comes in."""

    model_config = ConfigDict(strict=True, alias_generator=to_camel)

    id: str
    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    followers: int | None = Field(None, ge=0)
    following: int | None = Field(None, ge=0)
    tweets: int | None = Field(None, ge=0)
    listed: int | None = Field(None, ge=0)
    created_at: AwareDatetime | None = None
    as_of: AwareDatetime | None = None
    verified: bool | None = None
    default_avatar: bool | None = None
    url: str | None = None
    location: str | None = None

    def profile(self) -> Profile:
        known = self.model_dump(exclude={"handle", "tweets", "default_avatar"})
        return Profile(
            **known,
            handle=self.handle or "",
            posts=self.tweets,
            default_image=self.default_avatar,
        )


class SegmentFile(BaseModel):
    """The body of POST /segments."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)

    description: str = Field(min_length=1, max_length=2000)
    name: str | None = None
    gender_values: list[Literal["female", "male"]] = []
    applied_search_filters: dict[Category, list[str]] = {}
    follower_count_tiers: list[Tier] = []

    def compiled(self) -> CompiledSegment:
        labels = {
            category: tuple(_canonical(category, label) for label in asked)
            for category, asked in self.applied_search_filters.items()
        }
        return compile_segment(
            SegmentFilters(
                description=self.description,
                gender_values=tuple(self.gender_values),
                labels=labels,
                follower_tiers=tuple(self.follower_count_tiers),
            )
        )


def _canonical(category: Category, label: str) -> str:
    known = canonical(category, label)
    if known is None:
        near = ", ".join(suggestions(category, label)) or "nothing close"
        raise ValueError(f"{label!r} is no {category} label (known: {near})")
    return known


def answer(analysis: Analysis, segment: CompiledSegment | None) -> dict[str, Any]:
    """One profile's answer in the wire's shape."""
    bot = analysis.bot
    said: dict[str, Any] = {
        "id": analysis.profile.id,
        "bot": {
            "score": round(bot.score, 4),
            "isBot": bot.is_bot,
            "signals": [found.name for found in bot.signals],
        },
        "kind": analysis.kind.kind,
        "gender": analysis.gender.gender,
        "labels": analysis.label_names(),
        "followerCountTier": analysis.tier,
    }
    if segment:
        verdict = match(analysis, segment)
        said["match"] = {"confidence": verdict.confidence, "reasons": list(verdict.reasons)}
    return said


def judge_lines(segment: CompiledSegment | None) -> int:
    """Answer standard input line by line; the exit code is 2 if a line was no profile."""
    code = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            profile = ProfileLine.model_validate_json(line).profile()
            said = answer(analyse(profile), segment)
        except ValidationError as error:
            fault = f"line {number}: {_faults(error)}"
            print(fault, file=sys.stderr, flush=True)
            said, code = {"error": fault}, 2
        print(json.dumps(said, ensure_ascii=False), flush=True)
    return code


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" if fault["loc"] else fault["msg"]
        for fault in error.errors(include_url=False, include_input=False)
    )


def _read_segment(path: Path) -> CompiledSegment:
    try:
        return SegmentFile.model_validate_json(path.read_bytes()).compiled()
    except ValidationError as error:
        sys.exit(f"{path}: {_faults(error)}")
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}")


def main() -> int:
    for number in (signal.SIGPIPE, signal.SIGINT):  # each ends us without a traceback
        signal.signal(number, signal.SIG_DFL)
    if sys.stdin is None or sys.stdout is None:
        sys.exit("judge: standard input and output must be open")
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(
        prog="judge", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--segment", type=Path, metavar="FILE", help="JSON body of POST /segments to match against"
    )
    chosen = parser.parse_args()
    segment = _read_segment(chosen.segment) if chosen.segment else None
    try:
        return judge_lines(segment)
    except OSError as error:
        sys.exit(f"judge: {error.strerror}")


if __name__ == "__main__":
    sys.exit(main())
