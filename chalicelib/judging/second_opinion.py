"""Asking a language model about those profiles of whom the rules left something open.

It may fail in every way: whatever goes wrong, the rules' verdict stands, and it is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from chalicelib import telemetry
from chalicelib.judging import table
from chalicelib.judging.answers import checked
from chalicelib.judging.question import Shown, question, show
from chalicelib.matching.engine import Analysis
from chalicelib.matching.match import CompiledSegment, Verdict
from chalicelib.matching.opinion import Opinion, is_open, with_opinion
from chalicelib.upstreams.errors import Unavailable, UpstreamFault
from chalicelib.upstreams.health import Health
from chalicelib.upstreams.language_model import NAME, Declined, LanguageModel

PROFILES_A_CALL: Final = 10
MOST_ALONE: Final = 3
"""Profiles of one batch that are asked about alone; more of that kind are left to the rules."""
MOST_AT_ONCE: Final = 8
"""Calls at the same time; a batch of 50 fits, so it costs one call's time."""

Judged = tuple[Analysis, Verdict]
Allowance = Callable[[int], int]
"""Asks for so many calls of what a run may spend, and says how many it gets."""


@dataclass(frozen=True, slots=True)
class Review:
    """Verdicts in the order in which the profiles came, and how many the model had a say in."""

    judged: Sequence[Judged]
    read: int = 0
    """Open profiles of whom there is an opinion, new or kept."""
    left: int = 0
    """Open profiles that the rules alone judge, because something failed or was spent."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one call came to: opinions by digest, and how many profiles have none, by why."""

    opinions: Mapping[str, Opinion]
    faults: Counter[str]
    tokens: int = 0


class SecondOpinion:
    """The language model's part in judging. Thread-safe.

    `secret` makes the ids by which the model knows profiles unguessable.
    """

    def __init__(self, model: LanguageModel, *, secret: str, health: Health | None = None) -> None:
        self._model = model
        self._secret = secret
        self._health = health or Health()

    def review(
        self,
        segment_id: int,
        segment: CompiledSegment,
        judged: Sequence[Judged],
        *,
        allowance: Allowance,
    ) -> Review:
        """The verdicts with the model's opinion where the rules left something open."""
        shown = {
            place: show(
                analysis.profile,
                segment_id=segment_id,
                model=self._model.model,
                secret=self._secret,
            )
            for place, (analysis, verdict) in enumerate(judged)
            if is_open(analysis, segment, verdict)
        }
        if not shown:
            return Review(judged)
        asked = {each.digest: each for each in shown.values()}
        opinions = self._opinions(segment, asked, allowance)
        reviewed = list(judged)
        for place, each in shown.items():
            if each.digest in opinions:
                analysis = judged[place][0]
                reviewed[place] = with_opinion(analysis, segment, opinions[each.digest])
        read = sum(each.digest in opinions for each in shown.values())
        return Review(reviewed, read, len(shown) - read)

    def _opinions(
        self, segment: CompiledSegment, shown: Mapping[str, Shown], allowance: Allowance
    ) -> dict[str, Opinion]:
        """Opinions by digest: those that are kept, and for the rest what the model says now."""
        kept = table.recall(shown)
        unknown = [each for digest, each in shown.items() if digest not in kept]
        outcomes = self._ask(segment, unknown, allowance)
        fresh = {
            digest: opinion for outcome in outcomes for digest, opinion in outcome.opinions.items()
        }
        table.keep(fresh)
        self._tell(len(kept), len(fresh), outcomes)
        return kept | fresh

    def _ask(
        self, segment: CompiledSegment, unknown: Sequence[Shown], allowance: Allowance
    ) -> list[_Outcome]:
        calls = _calls(unknown)
        if calls and not self._health.allows(NAME):
            return [_Outcome({}, Counter(resting=len(unknown)))]
        granted = calls[: allowance(len(calls))] if calls else []
        unasked = len(unknown) - sum(map(len, granted))
        spent = [_Outcome({}, Counter(over_the_cap=unasked))] if unasked else []
        if not granted:
            return spent
        with ThreadPoolExecutor(max_workers=MOST_AT_ONCE) as pool:
            return [*pool.map(lambda call: self._call(segment, call), granted), *spent]

    def _call(self, segment: CompiledSegment, shown: Sequence[Shown]) -> _Outcome:
        try:
            told = self._model.ask(question(segment.filters, shown))
        except Declined as fault:
            self._health.succeeded(NAME)
            return _Outcome({}, Counter({fault.why: len(shown)}))
        except UpstreamFault as fault:
            if isinstance(fault, Unavailable):
                self._health.failed(NAME, fault)
            telemetry.logger.warning("no second opinion", extra={"why": str(fault)})
            return _Outcome({}, Counter(unavailable=len(shown)))
        except Exception:
            telemetry.logger.exception("second opinion failed")
            return _Outcome({}, Counter(failed=len(shown)))
        self._health.succeeded(NAME)
        opinions, faults = checked(told.content, shown, segment.filters)
        return _Outcome(opinions, faults, told.tokens)

    def _tell(self, kept: int, fresh: int, outcomes: Sequence[_Outcome]) -> None:
        faults: Counter[str] = Counter()
        for outcome in outcomes:
            faults += outcome.faults
        telemetry.count("LanguageModelOpinions", fresh)
        telemetry.count("LanguageModelFallbacks", faults.total())
        telemetry.count("LanguageModelTokens", sum(outcome.tokens for outcome in outcomes))
        telemetry.logger.info(
            "second opinions", extra={"kept": kept, "fresh": fresh, "left_to_rules": dict(faults)}
        )


def _calls(unknown: Sequence[Shown]) -> list[Sequence[Shown]]:
    """Who is asked about together; profiles that seem to give orders each alone, and last."""
    plain = [each for each in unknown if not each.gives_orders]
    alone = [each for each in unknown if each.gives_orders][:MOST_ALONE]
    together = range(0, len(plain), PROFILES_A_CALL)
    return [*(plain[at : at + PROFILES_A_CALL] for at in together), *([each] for each in alone)]
