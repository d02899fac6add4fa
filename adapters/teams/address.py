"""Where a person is written to first: what was seen when they wrote, kept with their account (Teams, proactive)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from adapters.teams.inbound import Where


@dataclass(frozen=True)
class Address:
    """The chat with one person. user: the id that Teams gives them for this bot."""

    service_url: str
    conversation: str
    tenant: str
    aad: str
    user: str = ""

    def pack(self) -> str:
        """As text for the record."""
        return json.dumps(asdict(self), sort_keys=True)


def address_of(where: Where) -> Address | None:
    """The address that an activity shows; None outside a chat of the person's own."""
    if not where.personal or not where.aad:
        return None
    return Address(where.service_url, where.conversation, where.tenant, where.aad, where.user)


def unpack(text: str) -> Address | None:
    """The address as it was kept; None where there is none."""
    try:
        return Address(**json.loads(text)) if text else None
    except (ValueError, TypeError):
        return None
