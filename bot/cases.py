"""The transitions of a case. Pure: decide() says what an action would do; nothing here stores or sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot import actions as act
from bot import events as ev
from bot.case import Case as Case
from bot.case import Mark as Mark
from bot.case import Signature as Signature
from bot.case import State as State
from bot.case import apply, opened
from bot.case import fold as fold
from bot.directory import Directory, Matter, Standing
from policy_kb.model import Role
from policy_kb.procedures import FieldType, Kind, Need, Place, Procedure, Stage, Step

NOBODY = "nobody"
"""The value of a subject field for somebody who is not staff."""
GATE = "nude_gate"
"""Beside the answers, True where a file was held back because it could show a nude child (SECURITY T20)."""


@dataclass(frozen=True)
class Refused:
    """The action changes nothing. code: a sentence of desk_texts.REFUSALS; detail fills it in."""

    code: str
    detail: str = ""


Outcome = tuple[ev.Event, ...] | Refused
DueAt = Callable[[Procedure, str, dict[str, ev.Value]], datetime]
"""When a stage that begins now goes to the next authority; given by the caller, who knows calendar and deadline."""


# What stands on the way.


def holds(when: dict[str, str], values: dict[str, ev.Value]) -> bool:
    """True when every named field has the value asked for."""
    return all(_said(values.get(key)) == value for key, value in when.items())


def _said(value: ev.Value | None) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def stages(procedure: Procedure, values: dict[str, ev.Value]) -> list[Stage]:
    """The stages that this case takes, in order; a request or report whose form fits none of them takes the last one.

    Without a stage a request would count as approved by nobody, or by the person who asked.
    """
    taken = [stage for stage in procedure.stages if holds(stage.when, values)]
    return taken or list(procedure.stages[-1:] if procedure.kind is not Kind.RECORD else ())


def steps(procedure: Procedure, values: dict[str, ev.Value]) -> list[Step]:
    """The steps of the walk that apply to this case."""
    return [step for step in procedure.walk if holds(step.when, values)]


def stage_of(case: Case, procedure: Procedure) -> Stage | None:
    """The stage that the case waits in."""
    return next((stage for stage in procedure.stages if stage.id == case.stage), None)


def roles_of(case: Case, stage: Stage, directory: Directory) -> tuple[Role, ...]:
    """The roles whose word the stage waits for, a concern about a senior person taken elsewhere."""
    return directory.roles_for(case.matter, stage.roles_at(case.place))


def needs_all(case: Case, stage: Stage, directory: Directory) -> bool:
    """True where every role signs. A concern taken elsewhere needs one word of those who hear it."""
    return stage.need is Need.ALL and not directory.taken_elsewhere(case.matter)


def outstanding(case: Case, stage: Stage, directory: Directory) -> tuple[Role, ...]:
    """The roles that have not signed; all of them where one word is enough."""
    roles = roles_of(case, stage, directory)
    if not needs_all(case, stage, directory):
        return roles
    signed = {s.role for s in case.signatures if s.stage == stage.id}
    return tuple(role for role in roles if role not in signed)


def deciders(case: Case, procedure: Procedure, directory: Directory) -> tuple[Standing, ...]:
    """Everyone who may decide or handle the case now. Empty: nobody independent is left."""
    stage = stage_of(case, procedure)
    if stage is None or case.state is not State.OPEN:
        return ()
    roles, matter = outstanding(case, stage, directory), _matter(case, procedure)
    if matter.asks and not needs_all(case, stage, directory):
        # Nobody decides for those above them, as long as there is anybody else.
        found = directory.standings(matter, directory.not_below(matter, roles))
        if found:
            return found
    return directory.standings(matter, roles)


def _matter(case: Case, procedure: Procedure) -> Matter:
    return replace(case.matter, asks=procedure.kind is Kind.REQUEST)


def told_roles(procedure: Procedure, values: dict[str, ev.Value], place: Place) -> tuple[Role, ...]:
    """Whom a record is for: the roles of the stages that it takes."""
    return tuple(role for stage in stages(procedure, values) for role in stage.roles_at(place))


def may_hear(case: Case, directory: Directory, person: str) -> bool:
    """False for the subject, those who work for them and those they appointed.

    Whoever made the report hears of it, also about their own manager or about themselves; only somebody who was named
    as the subject afterwards does not any more (T06).
    """
    if directory.same_human(person, case.requester):
        named_themselves = directory.same_human(case.first_subject, case.requester)
        return named_themselves or not directory.same_human(case.subject, case.requester)
    return directory.may_hear(case.matter, person)


def subject_in(procedure: Procedure, values: dict[str, ev.Value]) -> str | None:
    """The person id in the form's subject field, if it names a member of staff."""
    for field in procedure.fields:
        if field.type is FieldType.SUBJECT:
            value = values.get(field.id)
            if isinstance(value, str) and value and value != NOBODY:
                return value
    return None


# What may happen next.


@dataclass(frozen=True)
class Setting:
    """What a transition is decided by beside case and action. actor: the authenticated person; None for a clock."""

    procedure: Procedure
    directory: Directory
    now: datetime
    due_at: DueAt
    actor: str | None = None


def begin(first: ev.CaseOpened, setting: Setting) -> tuple[ev.Event, ...]:
    """The events with which a case starts: its opening and its first stage, or its end where nobody decides."""
    return (first, *_enter(opened(first), setting, 0))


def decide(case: Case, action: act.Action, setting: Setting) -> Outcome:
    """What the action does, or why it does nothing. The same case, action and setting give the same outcome."""
    match action:
        case act.Tick():
            # A person cannot pretend to be a clock.
            return _tick(case, action, setting) if setting.actor is None else Refused("unknown_action")
        case _ if setting.actor is None or not may_hear(case, setting.directory, setting.actor):
            return Refused("no_access")
        case _ if setting.directory.active(setting.actor) is None:
            return Refused("left")
        case act.Withdraw() | act.Revise():
            return _by_requester(case, action, setting)
        case act.Say() | act.AddEvidence():
            return _added(case, action, setting)
        case act.ViewEvidence():
            return _viewed(case, action, setting)
        case _:
            return _by_decider(case, action, setting)


def _enter(case: Case, setting: Setting, index: int) -> tuple[ev.Event, ...]:
    """Begin the stage of that number; past the last one the case has its outcome."""
    ahead = stages(setting.procedure, case.values)
    by, at = setting.actor, setting.now
    if setting.procedure.kind is Kind.RECORD:
        return (ev.Closed(by=by, at=at, words=""),)
    if index < len(ahead):
        due = setting.due_at(setting.procedure, case.school, case.values)
        return (ev.StageBegan(by=by, at=at, stage=ahead[index].id, due=due),)
    return (ev.Approved(by=by, at=at),)


def _by_requester(case: Case, action: act.Withdraw | act.Revise, setting: Setting) -> Outcome:
    by, at = setting.actor, setting.now
    if by is None or not setting.directory.same_human(by, case.requester):
        return Refused("not_yours")
    if isinstance(action, act.Withdraw):
        # A report that was made stays made: a concern cannot be taken back under pressure.
        if case.state is not State.OPEN or setting.procedure.kind is not Kind.REQUEST:
            return Refused("ended" if case.state is not State.OPEN else "stays")
        return (ev.Withdrawn(by=by, at=at, words=action.words),)
    if case.state is State.OPEN and setting.procedure.kind is not Kind.REQUEST:
        return Refused("stays")
    if case.state not in (State.OPEN, State.DECLINED) or setting.procedure.kind is not Kind.REQUEST:
        return Refused("ended")
    # The subject is read from the form, never from the click, and one whom a decider named stays named.
    subject = subject_in(setting.procedure, action.values) or case.subject
    revised = ev.Revised(by=by, at=at, values=action.values, subject=subject)
    return (revised, *_enter(apply(case, revised), setting, 0))


def _added(case: Case, action: act.Say | act.AddEvidence, setting: Setting) -> Outcome:
    """A message or a file, from the person who asked, from those who decide and from those who did."""
    by, at = setting.actor, setting.now
    if case.state is not State.OPEN:
        return Refused("ended")
    mine = setting.directory.same_human(by, case.requester)
    if not mine and _standing(case, setting) is None and by not in case.took_part:
        return _why_not(case, setting)
    if isinstance(action, act.AddEvidence):
        return (ev.EvidenceAdded(by=by, at=at, attachment=action.attachment),)
    return (ev.Said(by=by, at=at, words=action.words, answers=mine),)


def _viewed(case: Case, action: act.ViewEvidence, setting: Setting) -> Outcome:
    """Those who handle the case open its files, and those who did, also after it ended (T21)."""
    by = setting.actor
    if _standing(case, setting) is None and by not in case.took_part:
        return Refused("no_access")
    if action.attachment not in {a.id for a in case.attachments}:
        return Refused("unknown_action")
    return (ev.EvidenceViewed(by=by, at=setting.now, attachment=action.attachment),)


def _standing(case: Case, setting: Setting) -> Standing | None:
    who = setting.actor
    return next((s for s in deciders(case, setting.procedure, setting.directory) if s.person.id == who), None)


def _why_not(case: Case, setting: Setting) -> Refused:
    """The reason given to a person who may see the case and not decide it."""
    who = setting.actor
    if setting.directory.same_human(who, case.requester):
        return Refused("own")
    if case.state is not State.OPEN:
        return Refused("ended")
    if any(s.by == who for s in case.signatures):
        return Refused("signed")
    reason = setting.directory.refusal(case.matter, who or "")
    if reason in ("appointed", "left"):
        return Refused(reason)
    return Refused("not_holder")


def _by_decider(case: Case, action: act.Action, setting: Setting) -> Outcome:
    standing = _standing(case, setting)
    if case.state is not State.OPEN or standing is None:
        return _why_not(case, setting)
    by, at, kind = standing.person.id, setting.now, setting.procedure.kind
    match action:
        case act.Approve() | act.Decline():
            if kind is not Kind.REQUEST:
                return Refused("no_decision")
            return _decision(case, action, standing, setting)
        case act.Ask():
            return (ev.Asked(by=by, at=at, words=action.words),)
        case act.HandOn():
            return _hand_on(case, action, setting, standing)
        case act.NameSubject():
            return _name_subject(case, action, setting, by)
        case _:
            return _handling(case, action, setting, by)


def _decision(case: Case, action: act.Approve | act.Decline, standing: Standing, setting: Setting) -> Outcome:
    stage = stage_of(case, setting.procedure)
    if stage is None:
        return Refused("ended")
    by, at, instead_of = standing.person.id, setting.now, standing.instead_of
    if isinstance(action, act.Decline):
        return (
            ev.Declined(by=by, at=at, stage=stage.id, role=standing.role, words=action.words, instead_of=instead_of),
        )
    missing = [point for point in setting.procedure.checklist if point not in action.confirmed]
    if missing:
        return Refused("checklist", missing[0])
    signed = ev.Signed(
        by=by,
        at=at,
        stage=stage.id,
        role=standing.role,
        words=action.words,
        conditions=action.conditions or None,
        instead_of=instead_of,
        confirmed=action.confirmed,
    )
    after = apply(case, signed)
    if needs_all(case, stage, setting.directory) and outstanding(after, stage, setting.directory):
        return (signed,)
    ahead = [s.id for s in stages(setting.procedure, case.values)]
    return (signed, *_enter(after, setting, ahead.index(stage.id) + 1))


def _hand_on(case: Case, action: act.HandOn, setting: Setting, standing: Standing) -> Outcome:
    """To somebody of the same trust who could decide: never the requester, the subject or those tied to them.

    Where every role signs, only the word that is one's own to give is handed on.
    """
    directory, by = setting.directory, standing.person.id
    target, stage = directory.active(action.to), stage_of(case, setting.procedure)
    if target is None or stage is None or not directory.of_tenant(action.to, case.trust):
        return Refused("unknown_person")
    if directory.refusal(case.matter, action.to) is not None or directory.same_human(action.to, by):
        return Refused("cannot_take", target.name)
    roles = outstanding(case, stage, directory)
    if needs_all(case, stage, directory):
        mine = {s.role for s in deciders(case, setting.procedure, directory) if s.person.id == by}
        roles = tuple(role for role in roles if role in mine)
    return (ev.HandedOn(by=by, at=setting.now, to=action.to, words=action.words, roles=roles),)


def _name_subject(case: Case, action: act.NameSubject, setting: Setting, by: str) -> Outcome:
    """A new subject moves the report at once to those who may hear it: the stage begins again."""
    directory = setting.directory
    if setting.procedure.kind is not Kind.REPORT:
        return Refused("unknown_action")
    if action.subject is not None and not directory.of_tenant(action.subject, case.trust):
        return Refused("unknown_person")
    if action.subject == case.subject:
        return ()
    named = ev.SubjectNamed(by=by, at=setting.now, subject=action.subject)
    return (named, *_enter(apply(case, named), setting, 0))


def _handling(case: Case, action: act.Action, setting: Setting, by: str) -> Outcome:
    """Reading, walking through and closing a report."""
    at = setting.now
    match action:
        case act.Open():
            if setting.procedure.kind is Kind.REQUEST or case.seen:
                return ()
            return (ev.Seen(by=by, at=at),)
        case act.MarkStep():
            if action.step not in {s.id for s in steps(setting.procedure, case.values)}:
                return Refused("unknown_step")
            if not action.done and not action.words:
                return Refused("skip_reason")
            return (ev.StepMarked(by=by, at=at, step=action.step, done=action.done, words=action.words),)
        case act.Close():
            if setting.procedure.kind is Kind.REQUEST:
                return Refused("needs_decision")
            left = [s.title for s in steps(setting.procedure, case.values) if s.id not in case.marks]
            return Refused("steps_left", left[0]) if left else (ev.Closed(by=by, at=at, words=action.words),)
        case _:
            return Refused("unknown_action")


def _tick(case: Case, action: act.Tick, setting: Setting) -> Outcome:
    """A clock of a stage that has ended, or that already had its effect, does nothing."""
    if case.state is not State.OPEN or action.stage_seq != case.stage_seq:
        return ()
    stage = stage_of(case, setting.procedure)
    if stage is None:
        return ()
    if action.kind == "remind":
        return (ev.Reminded(at=setting.now),)
    if action.kind == "deputies":
        return () if case.deputies else (ev.DeputiesAdded(at=setting.now),)
    return (ev.Escalated(at=setting.now, to=_higher(case, stage, setting)),)


def _higher(case: Case, stage: Stage, setting: Setting) -> tuple[Role, ...]:
    """The next authorities that bring somebody new: where the next one decides already, the ones above it as well."""
    directory, at = setting.directory, setting.now
    known = {s.person.id for s in deciders(case, setting.procedure, directory)}
    roles, to, raised = outstanding(case, stage, directory), tuple[Role, ...](), case
    while above := directory.next_above(_matter(raised, setting.procedure), roles):
        to, raised = (*to, *above), apply(raised, ev.Escalated(at=at, to=above))
        if {s.person.id for s in deciders(raised, setting.procedure, directory)} - known:
            return to
    return ()
