"""A case as a dialog shows it to one person: what happens next, what was written, what they can do; pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from bot import desk_texts
from bot.cases import State
from bot.chat import chat_texts as texts
from bot.chat.messages import Button, Buttons, Entry, Facts, Heading, Link, Part, Rule, Tone, View, Words
from bot.chat.parts import clause, row, stamp
from bot.chat.press import Press
from bot.views import CaseView, Line, StepView
from policy_kb.procedures import Kind

LINES = 12
"""Lines of the thread that the view shows; earlier ones are a button away."""
_JUDGES = frozenset({"approve", "close"})


def case_view(view: CaseView, pages: str | None, done: str = "") -> View:
    """The case. pages: the address of the web pages; done: what came of what the person just did."""
    parts = (
        *_said(view, done),
        Heading(view.procedure.title),
        Words(_from(view), Tone.QUIET),
        *_status(view, pages),
        *_decision(view),
        *acts(view),
        *_answers(view),
        *_files(view, pages),
        *_steps(view),
        *_thread(view),
        Rule(),
        Words(texts.POLICY_SAYS.format(policy=view.policy.title, version=view.case.policy_version), Tone.QUIET),
        *map(clause, view.quotes),
    )
    return View(view.summary.reference, parts)


def _said(view: CaseView, done: str) -> Iterator[Part]:
    if view.procedure.kind is Kind.REPORT and view.case.state is State.OPEN:
        yield Words(desk_texts.BANNER, Tone.ALARM)
    if done:
        yield Words(done, Tone.STRONG)


def _from(view: CaseView) -> str:
    template = texts.BY_YOU if view.mine else texts.FROM
    when = stamp(view.case.opened_at)
    return f"{view.summary.reference}. {template.format(who=view.requester, school=view.school, when=when)}"


def _status(view: CaseView, pages: str | None) -> Iterator[Part]:
    yield Facts(((texts.STATE, view.summary.state), (texts.NEXT, view.summary.next)))
    if view.summary.overdue:
        yield Words(texts.OVERDUE, Tone.STRONG)
    if view.procedure.meanwhile and view.mine and view.case.state is State.OPEN:
        yield Words(texts.MEANWHILE.format(words=view.procedure.meanwhile), Tone.STRONG)
    letter = Link(texts.LETTER, f"{pages}/case/{view.case.id}/letter") if pages and "letter" in view.may else None
    again = Button(texts.OPEN_AGAIN, Press("open", case=view.case.id))
    yield from row(letter, again)


def _decision(view: CaseView) -> Iterator[Part]:
    """Who decided what, letter for letter."""
    case = view.case
    if case.words and case.state in (State.APPROVED, State.DECLINED, State.CLOSED):
        yield Heading(texts.CLOSING if case.state is State.CLOSED else texts.DECISION)
        conditions = "\n\n".join(s.conditions for s in case.signatures if s.conditions)
        when = stamp(case.ended_at) if case.ended_at else ""
        yield Entry(when, "", view.summary.state, case.words, conditions)


def acts(view: CaseView) -> tuple[Buttons, ...]:
    """What the person may do, as buttons; steps have their own."""
    return row(*(act_button(view, kind) for kind in texts.ACTS if _offered(view, kind)))


def _offered(view: CaseView, kind: str) -> bool:
    match kind:
        case "mark_step":
            return False
        case "name_subject":
            return "close" in view.may
        case "hand_on":
            return "hand_on" in view.may and bool(view.handover)
        case _:
            return kind in view.may


def act_button(view: CaseView, kind: str) -> Button:
    """The button that leads to the words for an action."""
    label = texts.ACTS[kind]
    if kind == "say" and view.mine and view.case.question:
        label = texts.ANSWER
    if kind == "revise" and view.case.state is State.DECLINED:
        label = texts.ASK_AGAIN
    press = Press("act", case=view.case.id, value=kind, number=view.case.version)
    return Button(label, press, main=kind in _JUDGES, danger=kind == "decline")


def _answers(view: CaseView) -> Iterator[Part]:
    yield Heading(texts.ANSWERS_YOU if view.mine else texts.ANSWERS.format(who=view.requester))
    if view.answers:
        yield Facts(view.answers)


def _files(view: CaseView, pages: str | None) -> Iterator[Part]:
    """Files are never shown in a chat: whoever looks is asked for by a button on the pages (SECURITY T20, T21)."""
    if not view.attachments:
        return
    yield Heading(texts.FILES_THERE)
    for i, each in enumerate(view.attachments, 1):
        size = ceil(each.size / 1024)
        yield Words(texts.FILE_LINE.format(number=i, kind=each.kind.upper(), size=size))
    if view.may & _JUDGES:
        link = Link(texts.FILES_OPEN, f"{pages}/case/{view.case.id}") if pages else None
        yield from row(link) if link else (Words(texts.FILES_ON_PAGES, Tone.QUIET),)


def _steps(view: CaseView) -> Iterator[Part]:
    if not view.steps or ("mark_step" not in view.may and view.mine):
        return
    yield Heading(texts.STEPS)
    for each in view.steps:
        yield Entry("", "", f"{each.step.title}{_clause_of(view, each)}", each.words)
        yield Words(" ".join(filter(None, (each.step.help, _settled(each)))), Tone.QUIET)
        if "mark_step" in view.may:
            label = texts.SETTLE if each.done is None else texts.SETTLE_AGAIN
            value = f"mark_step:{each.step.id}"
            yield from row(Button(label, Press("act", case=view.case.id, value=value, number=view.case.version)))


def _settled(each: StepView) -> str:
    return f"{texts.STEP_STATES[each.done].format(who=each.who)}."


def _clause_of(view: CaseView, each: StepView) -> str:
    found = view.policy.clauses.get(each.step.clause) if each.step.clause else None
    return f" (clause {found.label})" if found else ""


def _thread(view: CaseView) -> Iterator[Part]:
    yield Heading(texts.THREAD)
    if len(view.thread) > LINES:
        yield from row(Button(texts.EARLIER, Press("older", case=view.case.id, number=1)))
    yield from (entry(line) for line in view.thread[-LINES:])


def entry(line: Line) -> Entry:
    """A line of the thread, letter for letter."""
    who = texts.YOU if line.mine and line.who else line.who
    return Entry(stamp(line.at), who, line.what, line.words, line.conditions)


def older_view(view: CaseView, page: int) -> View:
    """Earlier lines of the thread. page: 1 for those just before what the case itself shows."""
    page = max(1, page)
    until = max(0, len(view.thread) - LINES * page)
    earlier = Button(texts.EARLIER, Press("older", case=view.case.id, number=page + 1)) if until > LINES else None
    back = Button(texts.BACK, Press("open", case=view.case.id))
    parts: tuple[Part, ...] = (
        Heading(texts.EARLIER_TITLE),
        *row(earlier, back),
        *(entry(line) for line in view.thread[max(0, until - LINES) : until]),
    )
    return View(view.summary.reference, parts)
