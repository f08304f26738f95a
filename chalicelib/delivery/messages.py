"""What webhooks carry."""

from __future__ import annotations

from typing import Literal

from chalicelib.http.schema import Id, Output, Time, absent
from chalicelib.leads.schemas import Lead, LeadFeedback


class DiscoveredLeads(Output):
    """The newly matched leads of a run, at most 100 a message."""

    stream_id: Id
    stream_name: str
    run_id: Id
    leads: list[Lead]


class LeadsDiscoveredMessage(Output):
    """A run ended and found leads."""

    type: Literal["leads.discovered"]
    timestamp: Time
    data: DiscoveredLeads


class JudgedLead(Output):
    """A lead with the verdict that was given on it."""

    stream_id: Id
    stream_name: str
    lead: Lead
    feedback: LeadFeedback


class LeadFeedbackMessage(Output):
    """Somebody gave a verdict on a lead."""

    type: Literal["lead.feedback"]
    timestamp: Time
    data: JudgedLead


class Subject(Output):
    """What is tried: a subscription, or a stream's own address."""

    subscription_id: Id = absent()
    stream_id: Id = absent()


class TrialMessage(Output):
    """The user asked whether messages arrive."""

    type: Literal["webhook.test"]
    timestamp: Time
    data: Subject
