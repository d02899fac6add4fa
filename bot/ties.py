"""Who depends on whom: accounts of one human, managers, deputies and stand-ins. Asked of people, never of accounts.

The rules are those of the security requirements: nobody decides their own request, nor does anyone whom the asker
appointed to act for them (T05); nobody who works for the subject of a concern, or whom the subject appointed, hears of
it (T06). An appointment binds downwards only: a headteacher who names the chair of governors as a stand-in keeps no
concern away from the chair.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.authority import NOT_UNDER_THE_CEO, NOT_UNDER_THE_HEAD, answers_to
from bot.organisation import Organisation, Person
from policy_kb.model import Role


class Ties:
    """The organisation's people on one day. stand_ins: who is away -> who decides instead."""

    def __init__(self, organisation: Organisation, stand_ins: Mapping[str, str], today: date) -> None:
        self._organisation = organisation
        self._stand_ins = stand_ins
        self._today = today

    def active(self, person_id: str | None) -> Person | None:
        """The person, if they still work here."""
        person = self._organisation.person(person_id) if person_id else None
        return person if person and person.works_on(self._today) else None

    def human(self, person_id: str) -> str:
        """The human behind an account, also one that is no longer in the file."""
        person = self._organisation.person(person_id)
        return person.who if person else person_id

    def same_human(self, one: str | None, other: str | None) -> bool:
        """True for two accounts of one human."""
        return one is not None and other is not None and self.human(one) == self.human(other)

    def tenant(self, person_id: str) -> str | None:
        """The trust, or the school that stands alone, for which the person works."""
        home = self._organisation.home(person_id)
        return home.tenant if home else None

    def held(self, person_id: str, tenant: str) -> frozenset[Role]:
        """Every role that the human holds anywhere in the trust, under any of their accounts."""
        mine = [p for p in self._organisation.accounts(self.human(person_id)) if self.tenant(p.id) == tenant]
        return frozenset(r for p in mine for r in (*p.roles, *(r for post in p.also_at for r in post.roles)))

    def outranks(self, person_id: str, other: str, tenant: str) -> bool:
        """True for a holder of a role above one of the other's, and for any holder of a role above none."""
        mine, theirs = self.held(person_id, tenant), self.held(other, tenant)
        return bool(mine & {up for role in theirs for up in answers_to(role)}) if theirs else bool(mine)

    def is_below(self, role: Role, person_id: str | None, tenant: str) -> bool:
        """True for a role that answers to one that the person holds."""
        return person_id is not None and bool(self.held(person_id, tenant) & answers_to(role))

    def appointed(self, appointer: str, person_id: str, tenant: str) -> bool:
        """True for deputies of the appointer, and for a stand-in who is not above them, under any account."""
        human = self.human(person_id)
        for account in self._organisation.accounts(self.human(appointer)):
            if any(self.human(deputy) == human for deputy in account.deputies):
                return True
            stand_in = self._stand_ins.get(account.id)
            # Whoever may choose a stand-in could otherwise shut out the very person who should decide.
            if stand_in and self.human(stand_in) == human and not self.outranks(person_id, appointer, tenant):
                return True
        return False

    def tied(self, subject: str, person_id: str, tenant: str) -> bool:
        """The subject, whoever works for them, and whom they appointed: none of these hears of a concern (T06)."""
        return (
            self.same_human(subject, person_id)
            or self._works_for(subject, person_id, tenant)
            or self.appointed(subject, person_id, tenant)
        )

    def _works_for(self, boss: str, person_id: str, tenant: str) -> bool:
        """By the managers named in the file, or because the boss leads the school or the central team."""
        if self._managed_by(boss, person_id):
            return True
        mine = self.held(person_id, tenant)
        accounts = self._organisation.accounts(self.human(person_id))
        homes = [home for p in accounts if (home := self._organisation.home(p.id))]
        bosses = self._organisation.accounts(self.human(boss))
        if not mine & NOT_UNDER_THE_HEAD and any(
            Role.HEADTEACHER in self._organisation.roles_at(b, home) for b in bosses for home in homes
        ):
            return True
        leads = Role.CEO in self.held(boss, tenant)
        return leads and not mine & NOT_UNDER_THE_CEO and any(h.central and h.tenant == tenant for h in homes)

    def _managed_by(self, boss: str, person_id: str) -> bool:
        """True where the way up from manager to manager passes the boss."""
        human, ahead, seen = self.human(boss), [self.human(person_id)], set[str]()
        while ahead:
            who = ahead.pop()
            if who in seen:
                continue
            seen.add(who)
            managers = {self.human(p.manager) for p in self._organisation.accounts(who) if p.manager}
            if human in managers:
                return True
            ahead += sorted(managers)
        return False
