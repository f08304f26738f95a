"""How an upstream can fail us; the public API's errors are made from these elsewhere.

UpstreamFault
├── Missing             there is no such account: never was, deleted, suspended
├── Protected           the account is private: its lists cannot be read
├── Claimed             the person asked not to be looked up: nothing may be kept of the answer
└── Unavailable         the provider gave no answer; another one may
    ├── Down            time-outs, broken connections, 5xx, answers that make no sense
    ├── RateLimited     429: asked too often
    ├── Crowded         not asked: our own share of its rate limit is used up for the moment
    ├── OutOfCredits    402: the plan or the credits are spent
    ├── Refused         401, 403: the key is missing, wrong, or not allowed to do this
    └── Rejected        400, 422: it does not like what was asked; the provider itself is well

Missing, Protected and Claimed are answers: nobody else needs asking. Refused and OutOfCredits
want an operator.
"""

from __future__ import annotations


class UpstreamFault(Exception):
    """What every fault carries: who failed, and why in words fit for a log (no secrets)."""

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider}: {reason}")
        self.provider = provider
        self.reason = reason


class Missing(UpstreamFault):
    """There is no such account. Providers do not tell unknown, deleted and suspended apart."""


class Protected(UpstreamFault):
    """The account is private, so its followers cannot be read."""


class Claimed(UpstreamFault):
    """The person asked to be left out: no e-mail of theirs may be looked up or stored."""


class Unavailable(UpstreamFault):
    """No answer came. `retry_after`: seconds until asking again makes sense, None if not known."""

    def __init__(self, provider: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(provider, reason)
        self.retry_after = retry_after


class Down(Unavailable):
    """The provider, or the way to it, is broken for the moment."""


class RateLimited(Unavailable):
    """Asked too often for the account's tier."""


class Crowded(Unavailable):
    """Not asked, so that its rate limit holds: the provider itself is well, others were quicker."""


class OutOfCredits(Unavailable):
    """Nothing is left to pay the provider with."""


class Refused(Unavailable):
    """The provider turns our key away."""


class Rejected(Unavailable):
    """The provider found fault with the request; asking the same again is of no use."""
