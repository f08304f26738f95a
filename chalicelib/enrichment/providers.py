"""The chain of e-mail finders as it is configured: a provider takes part once it has a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.enrichment.chain import Chain
from chalicelib.enrichment.linked_site import LinkedSite, Web
from chalicelib.upstreams.contacts import ContactFinder
from chalicelib.upstreams.errors import UpstreamFault
from chalicelib.upstreams.health import Health

if TYPE_CHECKING:
    import httpx

SITE_SECONDS = 3.0
"""For one page of a linked site; at most four are asked for, one leading to the next."""
ATTEMPTS = 2
"""Calls to one provider in one look-up: there is another provider, and somebody who waits."""


def build_chain(
    *,
    pdl_base_url: str,
    pdl_api_key: str,
    hunter_base_url: str,
    hunter_api_key: str,
    prospeo_base_url: str,
    prospeo_api_key: str,
    web: Web | None = None,
    wire: httpx.BaseTransport | None = None,
) -> Chain:
    """The providers that a key is given for, in order; before them, by `web`, the linked site.

    `wire` stands in for the network.

    Imports the HTTP library: call it when contacts are first asked for, not when a module loads.
    """
    import httpx

    from chalicelib.upstreams import hunter, people_data_labs, prospeo
    from chalicelib.upstreams.transport import Transport

    def transport(
        provider: str,
        base_url: str,
        key: Mapping[str, str],
        *,
        named_faults: Mapping[str, type[UpstreamFault]] | None = None,
        statuses: Mapping[int, type[UpstreamFault]] | None = None,
    ) -> Transport:
        headers = {"accept": "application/json", "user-agent": "ctgo/2", **key}
        return Transport(
            httpx.Client(base_url=base_url, headers=headers, transport=wire),
            provider=provider,
            named_faults=named_faults,
            statuses=statuses,
            attempts=ATTEMPTS,
        )

    finders: list[ContactFinder] = [LinkedSite(web)] if web else []
    if pdl_api_key:
        asked = transport(people_data_labs.NAME, pdl_base_url, {"x-api-key": pdl_api_key})
        finders.append(people_data_labs.PeopleDataLabs(asked))
    if hunter_api_key:
        key = {"authorization": f"Bearer {hunter_api_key}"}
        asked = transport(hunter.NAME, hunter_base_url, key, statuses=hunter.STATUSES)
        finders.append(hunter.Hunter(asked))
    if prospeo_api_key:
        key = {"x-key": prospeo_api_key}
        asked = transport(prospeo.NAME, prospeo_base_url, key, named_faults=prospeo.NAMED_FAULTS)
        finders.append(prospeo.Prospeo(asked))
    return Chain(finders, Health())
