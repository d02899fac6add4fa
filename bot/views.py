"""What one person sees of cases, at one moment. Reading decides nothing, but every view is checked like a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import cases, desk_texts, forms
from bot import events as ev
from bot.answers import Quote
from bot.cases import Case, State
from bot.deadlines import LOCAL
from bot.desk import Desk, NoAccess
from bot.directory import Because, Standing
from policy_kb.model import Policy
from policy_kb.procedures import Kind, Need, Procedure, Stage, Step


@dataclass(frozen=True)
class Line:
    """One entry of a case's thread. words: letter for letter; empty where there are none."""

    at: datetime
    who: str
    what: str
    words: str = ""
    conditions: str = ""
    mine: bool = False
    kind: str = ""


@dataclass(frozen=True)
class StepView:
    """A step of the walk with how it was settled, if it was."""

    step: Step
    done: bool | None
    words: str
    who: str


@dataclass(frozen=True)
class Summary:
    """A case in a list. title is that of the procedure for everyone who may see the case."""

    id: str
    reference: str
    title: str
    state: str
    next: str
    due: datetime | None
    changed_at: datetime
    overdue: bool
    unread: bool = False


@dataclass(frozen=True)
class CaseView:
    """The case page. may: the kinds of action that this person could take now."""

    summary: Summary
    case: Case
    policy: Policy
    procedure: Procedure
    requester: str
    school: str
    answers: tuple[tuple[str, str], ...]
    thread: tuple[Line, ...]
    steps: tuple[StepView, ...]
    quotes: tuple[Quote, ...]
    may: frozenset[str]
    holders: tuple[str, ...]
    mine: bool
    attachments: tuple[ev.Attachment, ...]
    handover: tuple[tuple[str, str], ...]
    """People to whom it could be handed on: id and name with job."""


def case_page(desk: Desk, person_id: str, case_id: str) -> CaseView:
    """The case as this person may see it. Raises NoAccess, the same for unknown and forbidden (T16)."""
    case = desk.records.case(case_id)
    if case is None or not desk.may_see(case, person_id):
        raise NoAccess
    desk.records.mark_read(person_id, case_id, desk.now)
    return view_of(desk, case, person_id)


def view_of(desk: Desk, case: Case, person_id: str) -> CaseView:
    """A case that the person may see, as they see it; nothing counts as read."""
    procedure, policy = desk.procedure(case), desk.policy(case)
    mine = desk.directory.same_human(person_id, case.requester)
    may = _may(desk, case, procedure, person_id)
    people = {person.id: person.name for person, _ in desk.organisation.everyone()}
    sites = {entry.entry: entry.title for entry in desk.records.entries(case.trust)}
    names = {**people, **sites, cases.NOBODY: "Somebody who is not on the staff list"}
    return CaseView(
        summary=summary(desk, case, person_id),
        case=case,
        policy=policy,
        procedure=procedure,
        requester=name_of(desk, case.requester),
        school=_school_name(desk, case),
        answers=tuple(
            (field.label, forms.shown(field, case.values[field.id], lambda key: names.get(key, key)))
            for field in procedure.fields
            if field.id in case.values
        )
        + (((desk_texts.GATE_QUESTION, desk_texts.GATE_HELD_BACK),) if case.values.get(cases.GATE) is True else ()),
        thread=tuple(_thread(desk, case, procedure, person_id)),
        # With the reasons for what was done or skipped, they are no more for the reporter than in the thread.
        steps=()
        if procedure.restricted and mine
        else tuple(_step(desk, case, step) for step in cases.steps(procedure, case.values)),
        quotes=tuple(_quotes(policy, procedure)),
        may=may,
        holders=tuple(_holder(desk, s) for s in cases.deciders(case, procedure, desk.directory)),
        mine=mine,
        attachments=case.attachments,
        handover=tuple(_handover(desk, case, person_id)) if "hand_on" in may else (),
    )


def mine(desk: Desk, person_id: str) -> list[Summary]:
    """What the person asked for or reported, the open ones first."""
    person, _ = desk.person(person_id)
    found = [summary(desk, c, person_id) for c in desk.records.cases_of(person.who) if desk.may_see(c, person_id)]
    return sorted(found, key=lambda s: (s.state != desk_texts.STATES["open"], -s.changed_at.timestamp()))


def waiting(desk: Desk, person_id: str) -> list[Summary]:
    """What the person may decide or handle now, the most urgent first."""
    person, home = desk.person(person_id)
    tenants = {home.tenant, *(s.tenant for p in person.also_at if (s := desk.organisation.school(p.school)))}
    found = []
    for case in (c for tenant in sorted(tenants) for c in desk.open_cases(tenant)):
        if any(s.person.id == person_id for s in cases.deciders(case, desk.procedure(case), desk.directory)):
            found.append(summary(desk, case, person_id))
    return sorted(found, key=lambda s: (s.due or s.changed_at, s.reference))


def summary(desk: Desk, case: Case, person_id: str) -> Summary:
    """The case in one line, with what happens next."""
    procedure = desk.procedure(case)
    state = desk_texts.STATES[case.state.value]
    if case.state is State.APPROVED and any(s.conditions for s in case.signatures):
        state = desk_texts.CONDITIONS
    return Summary(
        id=case.id,
        reference=case.reference,
        title=procedure.title,
        state=state,
        next=next_words(desk, case, procedure, person_id),
        due=case.due,
        changed_at=case.changed_at,
        overdue=case.due is not None and case.due <= desk.now,
    )


def next_words(desk: Desk, case: Case, procedure: Procedure, person_id: str) -> str:
    """What happens next, who holds the case and by when."""
    mine_ = desk.directory.same_human(person_id, case.requester)
    if desk.is_bygone(case):
        return desk_texts.NEXT_GONE
    if case.state is not State.OPEN:
        if case.state is State.DECLINED and mine_:
            return desk_texts.NEXT_DECLINED
        if case.state is State.APPROVED or (case.state is State.CLOSED and procedure.kind is Kind.REPORT):
            return procedure.afterwards or desk_texts.NEXT_ENDED
        if procedure.kind is Kind.RECORD:
            return " ".join(filter(None, (procedure.afterwards, desk_texts.NEXT_NOTED)))
        return desk_texts.NEXT_ENDED
    deciding = cases.deciders(case, procedure, desk.directory)
    stage = cases.stage_of(case, procedure)
    if not deciding or stage is None:
        return desk_texts.NEXT_NOBODY.format(lado=lado(desk, case))
    who = _waiting_for(desk, stage, deciding)
    waits = desk_texts.NEXT_WAITS.format(stage=stage.title, who=who, when=clock_words(case.due) if case.due else "")
    if case.question and mine_:
        asker = next((e.by for e in reversed(desk.records.events(case.id)) if isinstance(e, ev.Asked)), None)
        asked = desk_texts.NEXT_ANSWER.format(who=name_of(desk, asker) if asker else desk_texts.SOMEBODY)
        return f"{asked} {waits}"
    return waits


def _waiting_for(desk: Desk, stage: Stage, deciding: Sequence[Standing]) -> str:
    """Names with "or" where one word is enough, with "and" where each role's is wanted."""
    by_role: dict[object, list[str]] = {}
    for standing in deciding:
        by_role.setdefault(standing.role if stage.need is Need.ALL else None, []).append(_holder(desk, standing))
    return " and ".join(dict.fromkeys(_either(list(dict.fromkeys(names))) for names in by_role.values()))


def clock_words(moment: datetime) -> str:
    """'Monday 23 November 2026, 16:30' in local time."""
    local = moment.astimezone(LOCAL)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


def name_of(desk: Desk, person_id: str) -> str:
    """The person's name, also after they left."""
    person = desk.organisation.person(person_id)
    return person.name if person else desk_texts.SOMEBODY


def _may(desk: Desk, case: Case, procedure: Procedure, person_id: str) -> frozenset[str]:
    """The kinds of action open to this person; offering is not allowing: each click is decided anew."""
    if desk.is_bygone(case):
        return frozenset()
    may = set()
    mine_ = desk.directory.same_human(person_id, case.requester)
    deciding = any(s.person.id == person_id for s in cases.deciders(case, procedure, desk.directory))
    request = procedure.kind is Kind.REQUEST
    if case.state is State.OPEN:
        if mine_:
            may |= {"say", "withdraw", "revise"} if request else {"say"}
        if deciding:
            may |= {"ask", "hand_on", "say"} | ({"approve", "decline"} if request else {"mark_step", "close"})
        elif person_id in case.took_part:
            may.add("say")
    elif case.state is State.DECLINED and mine_ and request:
        may.add("revise")
    if request and case.state in (State.APPROVED, State.DECLINED):
        may.add("letter")
    return frozenset(may)


INNER = (ev.StepMarked, ev.HandedOn, ev.SubjectNamed, ev.EvidenceViewed, ev.Held, ev.BrokeGlass)
"""What the person who made a restricted report is not shown: how it is handled."""


def _thread(desk: Desk, case: Case, procedure: Procedure, person_id: str) -> list[Line]:
    lines = []
    restricted_from = procedure.restricted and desk.directory.same_human(person_id, case.requester)
    for event in desk.records.events(case.id):
        # A reporter follows their report, but how it is investigated stays with those who handle it.
        inner = isinstance(event, INNER)
        if isinstance(event, ev.Approved) or (restricted_from and inner):
            continue
        lines.append(line(desk, event, procedure, person_id))
    return lines


def line(desk: Desk, event: ev.Event, procedure: Procedure, person_id: str) -> Line:
    """One event in words, for the thread, the audit and a subject-access export. person_id: whose own it shows as."""
    kind = event.type
    if isinstance(event, ev.StepMarked):
        kind = "step_done" if event.done else "step_skipped"  # type: ignore[assignment]
    titles = {step.id: step.title for step in procedure.walk}
    stages = {stage.id: stage.title for stage in procedure.stages}
    what = desk_texts.EVENT_WORDS[kind].format(
        to=_to_words(desk, event),
        step=_titled(titles, getattr(event, "step", "")),
        stage=_titled(stages, getattr(event, "stage", "")),
        title=getattr(event, "title", ""),
        when=clock_words(event.due) if isinstance(event, ev.StageBegan) else "",
    )
    system = isinstance(event, ev.StageBegan) or event.by is None
    return Line(
        at=event.at,
        who="" if system or event.by is None else name_of(desk, event.by),
        what=what,
        words=getattr(event, "words", "") or "",
        conditions=getattr(event, "conditions", "") or "",
        mine=event.by == person_id,
        kind=event.type,
    )


def _titled(titles: Mapping[str, str], part: str) -> str:
    """The title of a stage or step; its id where the procedure has it no longer."""
    return titles.get(part, part)


def _to_words(desk: Desk, event: ev.Event) -> str:
    if isinstance(event, ev.HandedOn):
        return name_of(desk, event.to)
    if isinstance(event, ev.BrokeGlass):
        return name_of(desk, event.witness)
    if isinstance(event, ev.Escalated):
        from bot.texts import ROLE_WORDS

        return _either([ROLE_WORDS[role] for role in event.to]) or "nobody further"
    return ""


def _step(desk: Desk, case: Case, step: Step) -> StepView:
    mark = case.marks.get(step.id)
    if mark is None:
        return StepView(step, None, "", "")
    return StepView(step, mark.done, mark.words, name_of(desk, mark.by))


def _quotes(policy: Policy, procedure: Procedure) -> list[Quote]:
    titles = {d.id: f"{d.title}, {d.adopted_by}" for d in policy.documents}
    return [
        Quote(
            clause=clause.id,
            label=clause.label,
            document=titles[clause.document],
            heading=clause.headings[-1] if clause.headings else "",
            lines=clause.lines,
            quote=clause.quote,
        )
        for clause in (policy.clauses[c] for c in procedure.clauses)
    ]


def _holder(desk: Desk, standing: Standing) -> str:
    name = f"{standing.person.name} ({standing.person.job})"
    if standing.because is Because.STAND_IN and standing.instead_of:
        return f"{name}, while {name_of(desk, standing.instead_of)} is away"
    return name


def _handover(desk: Desk, case: Case, person_id: str) -> list[tuple[str, str]]:
    if case.state is not State.OPEN:
        return []
    return [
        (person.id, f"{person.name}, {person.job}, {school.name}")
        for person, school in desk.organisation.everyone()
        if school.tenant == case.trust
        and person.id != person_id
        and desk.directory.refusal(case.matter, person.id) is None
    ]


def _school_name(desk: Desk, case: Case) -> str:
    school = desk.organisation.school(case.school)
    return school.name if school else case.school


def lado(desk: Desk, case: Case) -> str:
    """How the case's school names the Local Authority Designated Officer."""
    school = desk.organisation.school(case.school)
    return (school.lado if school else None) or desk_texts.LADO_DEFAULT


def _either(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)
