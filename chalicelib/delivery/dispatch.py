"""The deliver queue: each message says by its `kind` what is to be told to whom.

Every kind may come twice, late, or out of order; what it sends has a derived id and happens once.
Modules are loaded when the first message of their kind comes.
"""

from __future__ import annotations

from chalicelib.delivery.edges import Edges
from chalicelib.queues import Message, kind_of
from chalicelib.runs.jobs import Announce


def take(message: Message, edges: Edges) -> None:
    """Take a message of the deliver queue. Raises LookupError for a kind that nobody knows."""
    match kind_of(message.body):
        case "announce":
            from chalicelib.delivery import announcing

            announcing.announce(Announce.model_validate_json(message.body), edges)
        case "feedback":
            from chalicelib.delivery import announcing
            from chalicelib.leads.jobs import AnnounceFeedback

            announcing.announce_feedback(AnnounceFeedback.model_validate_json(message.body), edges)
        case "webhook":
            from chalicelib.delivery import sending
            from chalicelib.delivery.jobs import SendWebhook

            sending.send(SendWebhook.model_validate_json(message.body), edges)
        case "give_up":
            from chalicelib.delivery import giving_up
            from chalicelib.delivery.jobs import GiveUp

            giving_up.give_up(GiveUp.model_validate_json(message.body))
        case "replay":
            from chalicelib.delivery import replaying
            from chalicelib.delivery.jobs import ReplayFailed

            replaying.replay_failed(ReplayFailed.model_validate_json(message.body))
        case kind:
            from chalicelib.notices import taking

            taking.take(kind, message.body, edges.channels)
