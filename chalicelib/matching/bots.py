"""Whether a profile is a bot: named signals with weights, summed into a probability.

score = 1 / (1 + exp(-(PRIOR + the sum of the signals' weights))), a logistic model whose weights
are set by hand (bot_signals.py, bot_text_signals.py). A person who is taken for a bot is a lost
lead, a bot that stays costs a little: no single weak finding reaches the threshold.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from chalicelib.matching.bot_signals import Signal, number_signals
from chalicelib.matching.bot_text_signals import text_signals
from chalicelib.profile import Profile

DEFAULT_THRESHOLD: Final = 0.5
PRIOR: Final = -1.75
"""Log odds of a bot among profiles that show no signal at all."""


class BotVerdict(NamedTuple):
    """`score` from 0 to 1; `signals` heaviest first, those that speak for a person included."""

    score: float
    is_bot: bool
    signals: tuple[Signal, ...]


def judge_bot(profile: Profile, *, threshold: float = DEFAULT_THRESHOLD) -> BotVerdict:
    """Judge the profile alone; `is_bot` from a score of `threshold` on."""
    signals = number_signals(profile) + text_signals(profile)
    signals.sort(key=_heaviest_first)
    log_odds = PRIOR + sum([signal.weight for signal in signals])
    score = 1 / (1 + math.exp(-log_odds))
    return BotVerdict(score, score >= threshold, tuple(signals))


def _heaviest_first(signal: Signal) -> float:
    return -abs(signal.weight)
