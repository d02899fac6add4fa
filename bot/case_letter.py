"""The decision letter of a case: what the requester can print and show, letter for letter."""

from __future__ import annotations

from datetime import datetime

from bot import desk_texts, views
from bot import events as ev
from bot.cases import Case, Signature, State
from bot.deadlines import LOCAL
from bot.desk import Desk, NoAccess
from bot.letters import Letter, Quote, SignedBy
from bot.texts import ROLE_WORDS
from bot.views import CaseView
from policy_kb.model import Role


def letter_of(desk: Desk, person_id: str, case_id: str) -> Letter:
    """The letter of an approved or declined request. Raises NoAccess for everyone who may not see it, or too early."""
    view = views.case_page(desk, person_id, case_id)
    case = view.case
    if "letter" not in view.may or case.ended_at is None:
        raise NoAccess
    signed = _signatures(desk, view)
    asker, home = desk.organisation.person(case.requester), desk.organisation.school(case.school)
    trust = next((t.name for t in desk.organisation.trusts if home and t.id == home.trust), "")
    return Letter(
        organisation=trust or (home.name if home else ""),
        school=view.school,
        reference=case.reference,
        title=view.procedure.title,
        requester=view.requester,
        job=asker.job if asker else "",
        asked_on=_day(case.opened_at),
        decided_on=_day(case.ended_at),
        outcome=view.summary.state,
        words=case.words,
        signatures=signed,
        quotes=tuple(Quote(q.label, q.document, "\n".join(q.lines)) for q in view.quotes),
        policy=f"{view.policy.title}, {view.policy.name}",
        policy_version=case.policy_version,
        asked=view.answers,
        at=case.ended_at,
        conditions="\n\n".join(s.conditions for s in case.signatures if s.conditions),
    )


def _signatures(desk: Desk, view: CaseView) -> tuple[SignedBy, ...]:
    """Everyone who signed in this round; of a declined request, who declined."""
    case, names = view.case, view.policy.role_names
    alone = len(case.signatures) == 1
    found = [_signed_by(desk, names, s, alone) for s in case.signatures]
    if case.state is State.DECLINED:
        declined = _declined(desk, case)
        if declined and declined.by:
            role = _role(names, declined.role)
            found.append(SignedBy(views.name_of(desk, declined.by), role, _day(declined.at), declined.words))
    return tuple(found)


def _declined(desk: Desk, case: Case) -> ev.Declined | None:
    return next((e for e in reversed(desk.records.events(case.id)) if isinstance(e, ev.Declined)), None)


def _signed_by(desk: Desk, names: dict[Role, str], given: Signature, alone: bool) -> SignedBy:
    """Conditions stand with the signature where there are several; of one signature they are the letter's own."""
    role = _role(names, given.role)
    if given.instead_of:
        role = f"{role}, {desk_texts.INSTEAD_OF.format(who=views.name_of(desk, given.instead_of))}"
    words = given.words
    if given.conditions and not alone:
        words = f"{words}\n{desk_texts.ON_CONDITION} {given.conditions}"
    return SignedBy(views.name_of(desk, given.by), role, _day(given.at), words)


def _role(names: dict[Role, str], role: Role) -> str:
    words = names.get(role, ROLE_WORDS[role]).replace("your ", "the ")
    return f"{words[:1].upper()}{words[1:]}"


def _day(moment: datetime) -> str:
    local = moment.astimezone(LOCAL)
    return f"{local.day} {local:%B %Y}"
