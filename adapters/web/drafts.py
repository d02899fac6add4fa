"""A form that somebody has before them on the pages; bot/drafts.py keeps what was filled in."""

from __future__ import annotations

from dataclasses import dataclass

from bot import drafts
from bot.desk import Desk


@dataclass(frozen=True)
class Started(drafts.Started):
    """A form with the address of its pages."""

    @property
    def query(self) -> str:
        """Added to addresses where the form is for another school than the person's own."""
        return f"?school={self.place.school.id}" if self.other_school else ""


def started(desk: Desk, person_id: str, slug: str, school_id: str | None) -> Started:
    """The form with the person's draft of it. Raises NotOffered and NoAccess."""
    return Started(**vars(drafts.started(desk, person_id, slug, school_id)))
