"""Everything that is judged of one profile, before any segment is asked."""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.matching.bots import DEFAULT_THRESHOLD, BotVerdict, judge_bot
from chalicelib.matching.gender import GenderVerdict, judge_gender
from chalicelib.matching.kind import KindVerdict, judge_kind
from chalicelib.matching.lexicon import Labels, find_labels
from chalicelib.matching.tiers import follower_tier
from chalicelib.profile import Profile


class Analysis(NamedTuple):
    """A profile with its verdicts; `tier` is None where the follower count is not known."""

    profile: Profile
    bot: BotVerdict
    kind: KindVerdict
    gender: GenderVerdict
    labels: Labels
    tier: str | None

    def label_names(self) -> dict[str, list[str]]:
        """The labels as a lead shows them: only categories that have some (contract 2.4)."""
        return {
            category: [found.label for found in stated] for category, stated in self.labels.items()
        }


def analyse(profile: Profile, *, bot_threshold: float = DEFAULT_THRESHOLD) -> Analysis:
    """Judge the profile alone: the same profile always gets the same analysis."""
    labels = find_labels(profile)
    kind = _settled(judge_kind(profile), labels)
    return Analysis(
        profile=profile,
        bot=judge_bot(profile, threshold=bot_threshold),
        kind=kind,
        gender=judge_gender(profile, kind.kind),
        labels=labels,
        tier=follower_tier(profile.followers),
    )


def _settled(kind: KindVerdict, labels: Labels) -> KindVerdict:
    """A bio that opens with a role of its writer's own is a person's, whatever it says then."""
    role = next(iter(labels.get("job_role", ())), None)
    if role is None or not role.opens_bio or kind.kind == "person":
        return kind
    return KindVerdict("person", (("occupation", role.phrase), *kind.cues))
