"""Forms in dialogs: a few questions at a time, the gate before any file, the check, and one case however often sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import desk_texts, evidence
from bot.cases import GATE
from bot.chat import chat_texts as texts
from bot.chat.messages import Clause, File, Heading, Pointed, Tone, View, Words
from bot.chat.press import Press
from bot.core import Bot
from policy_kb.procedures import FieldType, Kind, Procedure
from tests.scenario_chat import account, buttons, readable
from tests.scenario_fronts import picture

from .chatting import ASKERS, Chat, view_of

MEDIA = {"outlet": ("The Gazette",), "question": ("Was it real?",), "channel": ("Social media",)}
PICTURE = File("holiday with Jo.png", picture("png"))


async def walked(chat: Chat, who: str, slug: str, gate: str = "none") -> list[View]:
    """Every view of a form on the way to its check, filled in with the fewest answers."""
    views = [view_of(await chat.press(who, Press("start", value=slug)))]
    filled = chat.fewest(who, slug)
    while (press := views[-1].press) and press.do in ("form", "gate"):
        raw = {each.id: filled.get(each.id, ()) for each in views[-1].inputs}
        views.append(view_of(await chat.send(who, press, {"gate": (gate,)} if press.do == "gate" else raw)))
    return views


def files_of(view: View) -> list[str]:
    """The inputs that ask for files."""
    return [each.id for each in view.inputs if each.kind is FieldType.EVIDENCE]


def offered(bot: Bot) -> list[tuple[str, str]]:
    """An asker and every form of their policy."""
    found = [(who, p) for policy, who in ASKERS.items() for p in bot.policy(policy).procedures.values()]
    return [(who, p.slug) for who, p in found if p.kind is not Kind.LOOK_UP and not _needs_a_site(p)]


def _needs_a_site(procedure: Procedure) -> bool:
    return any(field.type is FieldType.SITE and field.required for field in procedure.fields)


async def test_every_form_is_asked_in_small_steps_with_its_words_and_clauses(chat: Chat) -> None:
    for who, slug in offered(chat.scene.bot):
        procedure = chat.procedure(who, slug)
        *steps, check = await walked(chat, who, slug)
        assert check.press is not None, slug
        assert check.press.do == "send"
        assert all(1 <= len(view.inputs) <= 8 for view in steps)
        assert readable(steps[0].parts).count(procedure.say) == 1
        assert not procedure.meanwhile or procedure.meanwhile in readable(steps[0].parts)
        for view in (*steps, check):
            banner = view.parts[0] == Words(desk_texts.BANNER, Tone.ALARM)
            assert banner == (procedure.kind is Kind.REPORT), slug
            assert len(view.title) <= 24
        policy = chat.scene.bot.policy(chat.scene.person(who)[1].policy)
        quoted = [part.lines for part in check.parts if isinstance(part, Clause)]
        assert quoted == [policy.clauses[each].lines for each in procedure.clauses]
        asked = [each.id for view in steps for each in view.inputs if view.press and view.press.do == "form"]
        assert len(asked) == len(set(asked)), f"{slug} asks twice"


async def test_files_are_asked_for_only_after_a_plain_no(chat: Chat) -> None:
    """SECURITY T20."""
    took = [(who, slug) for who, slug in offered(chat.scene.bot) if chat.procedure(who, slug).takes_evidence]
    for who, slug in took:
        *before, asks, check = await walked(chat, who, slug)
        assert asks.press is not None
        assert asks.press.do == "gate"
        assert not any(files_of(view) for view in (*before, asks, check)), slug
        for gate in ("yes", "no"):
            check = view_of(await chat.send(who, asks.press, {"gate": (gate,)}))
            assert bool(files_of(check)) == (gate == "no"), slug
            assert (evidence.GATE_STOP in readable(check.parts)) == (gate == "yes"), slug
    assert len(took) > 20


@pytest.mark.parametrize("gate", ["none", "yes"])
async def test_a_file_that_comes_past_the_gate_opens_no_case(chat: Chat, gate: str) -> None:
    views = await walked(chat, "amara-obi", "misuse-report", gate)
    reaction = await chat.send("amara-obi", views[-1].press, {}, (PICTURE,))
    assert texts.NO_FILES_HERE in readable(view_of(reaction).parts)
    assert chat.rows()["cases"] == chat.rows()["evidence"] == 0


async def test_what_could_show_a_nude_child_is_reported_without_the_file(chat: Chat) -> None:
    views = await walked(chat, "amara-obi", "misuse-report", "yes")
    await chat.send("amara-obi", views[-1].press, {})
    case = next(iter(await chat.scene.office.at_desk(chat.scene.now, lambda desk: desk.records.cases_of("amara-obi"))))
    assert case.values[GATE] is True
    assert not case.attachments


async def test_files_are_checked_and_kept_with_the_case(chat: Chat) -> None:
    views = await walked(chat, "amara-obi", "misuse-report", "no")
    refused = await chat.send("amara-obi", views[-1].press, {}, (File("a.svg", b"<svg/>"),))
    assert refused.errors["evidence"].startswith("Only PNG, JPEG and WEBP pictures and PDF files can be added")
    assert view_of(refused).inputs[0].error
    many = await chat.send("amara-obi", views[-1].press, {}, (PICTURE,) * 6)
    assert "At most 5 files" in many.errors["evidence"]
    assert chat.rows()["cases"] == 0
    await chat.send("amara-obi", views[-1].press, {}, (PICTURE,))
    assert chat.rows()["evidence"] == 1
    case = next(iter(await chat.scene.office.at_desk(chat.scene.now, lambda desk: desk.records.cases_of("amara-obi"))))
    assert [each.kind for each in case.attachments] == ["png"]


async def test_the_gate_wants_an_answer_and_can_be_answered_anew(chat: Chat) -> None:
    views = await walked(chat, "amara-obi", "misuse-report", "no")
    gate = next(b for b in buttons(views[-1].parts) if b.press.do == "gate")
    asked = view_of(await chat.press("amara-obi", gate.press))
    assert asked.press is not None
    for raw in ({}, {"gate": ()}, {"gate": ("maybe",)}):
        assert set((await chat.send("amara-obi", asked.press, raw)).errors) == {"gate"}
    late = await chat.send("amara-obi", views[-1].press, {}, (PICTURE,))
    assert texts.NO_FILES_HERE in readable(view_of(late).parts)
    assert chat.rows()["cases"] == 0


async def test_a_form_sent_twice_opens_one_case(chat: Chat) -> None:
    check = (await walked(chat, "amara-obi", "media-enquiry"))[-1]
    first = view_of(await chat.send("amara-obi", check.press, {}, key="once"))
    for key in ("once", "again"):
        assert view_of(await chat.send("amara-obi", check.press, {}, key=key)).title == first.title
    assert chat.rows()["cases"] == 1
    assert readable(first.parts).startswith(texts.SENT[Kind.REQUEST].format(reference=first.title))


async def test_a_repeated_sending_leaves_a_newer_draft_alone(chat: Chat) -> None:
    check = (await walked(chat, "amara-obi", "media-enquiry"))[-1]
    await chat.send("amara-obi", check.press, {})
    step = view_of(await chat.press("amara-obi", Press("start", value="media-enquiry")))
    await chat.send("amara-obi", step.press, {"outlet": ("The Herald",)})
    await chat.send("amara-obi", check.press, {})
    again = view_of(await chat.press("amara-obi", Press("start", value="media-enquiry")))
    assert again.raw["outlet"] == ("The Herald",)


async def test_a_draft_survives_says_so_and_can_be_discarded(chat: Chat) -> None:
    step = view_of(await chat.press("amara-obi", Press("start", value="media-enquiry")))
    assert not any(step.raw.values())
    typed = {each.id: MEDIA.get(each.id, ()) for each in step.inputs}
    assert (await chat.send("amara-obi", step.press, typed | {"question": ()})).errors
    chat.scene.now += timedelta(days=2)
    again = view_of(await chat.press("amara-obi", Press("start", value="media-enquiry")))
    assert again.raw["outlet"] == MEDIA["outlet"]
    assert "You began this on 20 November 2026, 10:00" in readable(again.parts)
    menu = view_of(await chat.press("amara-obi", Press("menu")))
    assert any("draft kept" in b.label for b in buttons(menu.parts))
    afresh = next(b for b in buttons(again.parts) if b.label == texts.START_AFRESH)
    fresh = view_of(await chat.press("amara-obi", afresh.press))
    assert not any(fresh.raw.values())
    assert chat.rows()["drafts"] == 0


async def test_a_draft_is_the_persons_own(chat: Chat) -> None:
    step = view_of(await chat.press("amara-obi", Press("start", value="media-enquiry")))
    await chat.send("amara-obi", step.press, {"outlet": ("The Herald",)})
    other = view_of(await chat.press("tom-price", Press("start", value="media-enquiry")))
    assert not any(other.raw.values())


async def test_faults_are_said_beside_the_question_and_nothing_typed_is_lost(chat: Chat) -> None:
    step = view_of(await chat.press("amara-obi", Press("start", value="media-enquiry")))
    long = "x" * 8_001
    reaction = await chat.send("amara-obi", step.press, {"outlet": ("The Gazette",), "question": (long,)})
    assert "shorten it to 8,000" in reaction.errors["question"]
    shown = {each.id: each for each in view_of(reaction).inputs}
    assert shown["question"].error == reaction.errors["question"]
    assert shown["question"].values == (long,)
    assert shown["outlet"].values == ("The Gazette",)


async def test_more_than_a_form_takes_is_not_kept(chat: Chat) -> None:
    step = view_of(await chat.press("amara-obi", Press("start", value="media-enquiry")))
    reaction = await chat.send("amara-obi", step.press, {"question": ("x" * 100_001,)})
    assert texts.FORM_TOO_LONG in readable(view_of(reaction).parts)
    assert chat.rows()["drafts"] == 0


async def test_a_check_that_is_out_of_date_sends_nothing(chat: Chat) -> None:
    check = (await walked(chat, "amara-obi", "media-enquiry"))[-1]
    step = view_of(await chat.press("amara-obi", Press("form_at", value="media-enquiry")))
    await chat.send("amara-obi", step.press, {"outlet": ("Another paper",)})
    again = view_of(await chat.send("amara-obi", check.press, {}))
    assert texts.CHANGED_ELSEWHERE in readable(again.parts)
    assert chat.rows()["cases"] == 0
    await chat.send("amara-obi", again.press, {})
    assert chat.rows()["cases"] == 1


async def test_a_changed_answer_brings_its_questions_and_takes_them_away(chat: Chat) -> None:
    """Only what applies is asked, and only what was asked is kept."""
    step = view_of(await chat.press("amara-obi", Press("start", value="unsure-post")))
    assert "platform_name" not in step.raw
    filled = chat.fewest("amara-obi", "unsure-post") | {"platform": ("Another service",)}
    further = view_of(await chat.send("amara-obi", step.press, {i.id: filled.get(i.id, ()) for i in step.inputs}))
    assert [each.id for each in further.inputs][:1] == ["platform_name"]
    check = view_of(await chat.send("amara-obi", further.press, {i.id: ("Mastodon",) for i in further.inputs}))
    assert "Mastodon" in readable(check.parts)
    changed = await chat.send(
        "amara-obi", step.press, {"platform": chat.fewest("amara-obi", "unsure-post")["platform"]}
    )
    assert "Mastodon" not in readable(view_of(changed).parts)


async def test_the_check_says_who_decides_and_by_when(chat: Chat) -> None:
    check = (await walked(chat, "amara-obi", "media-enquiry"))[-1]
    text = readable(check.parts)
    assert "Helen Marsh" in text
    assert "They have until Friday 20 November 2026, 14:00." in text


async def test_a_request_is_changed_in_its_thread(chat: Chat) -> None:
    done = await chat.opened("amara-obi", "media-enquiry", {"outlet": "The Gazette"})
    press = Press("act", case=done.case_id, value="revise", number=done.version)
    view = view_of(await chat.press("amara-obi", press))
    assert view.raw["outlet"] == ("The Gazette",)
    while view.press and view.press.do == "form":
        raw = dict(view.raw) | ({"outlet": ("The Herald",)} if "outlet" in view.raw else {})
        view = view_of(await chat.send("amara-obi", view.press, raw))
    assert not files_of(view)
    changed = [view_of(await chat.send("amara-obi", view.press, {}, key=key)) for key in ("one", "one", "two")]
    assert all("The Herald" in readable(each.parts) for each in changed)
    events = await chat.scene.events(done.case_id)
    assert [event.type for event in events].count("revised") == 1
    assert chat.rows()["drafts"] == 0


async def test_nobody_else_changes_a_request(chat: Chat) -> None:
    done = await chat.opened("amara-obi", "media-enquiry")
    refused = await chat.press("helen-marsh", Press("act", case=done.case_id, value="revise"))
    assert desk_texts.REFUSALS["not_yours"] in readable(view_of(refused).parts)
    for do in ("form", "send", "gate"):
        press = Press(do, case=done.case_id, value="media-enquiry@agora-primary")
        assert view_of(await chat.send("tom-price", press, {"outlet": ("Mine",)})).title == texts.NOTHING_CHANGED
    assert [e.type for e in await chat.scene.events(done.case_id)] == ["opened", "stage_began"]


# Pointing at a message.


async def pointed(chat: Chat, who: str, link: str) -> View:
    """The first view after "report this message"."""
    return view_of(await chat.handle(Pointed(account(who), True, link, "what it says", "C-1", chat.key())))


@pytest.mark.parametrize(("who", "slug"), [("amara-obi", "misuse-report"), ("jade-owen", "pupil-friend-request")])
async def test_a_report_of_a_message_begins_with_the_gate_and_keeps_the_link_alone(
    chat: Chat, who: str, slug: str
) -> None:
    link = "https://school.slack.example/archives/C1/p17"
    gate = await pointed(chat, who, link)
    assert gate.inputs[0].id == "gate"
    assert set((await chat.send(who, gate.press, {"gate": (), "link": (link,)})).errors) == {"gate"}
    which = view_of(await chat.send(who, gate.press, {"gate": ("none",), "link": (link,)}))
    reports = {p.slug for p in chat.scene.bot.policy(chat.scene.person(who)[1].policy).procedures.values()
               if p.kind is Kind.REPORT}  # fmt: skip
    assert {choice.value for choice in which.inputs[0].choices} == reports
    assert set((await chat.send(who, which.press, {"report": ("media-enquiry",), "link": (link,)})).errors) == {
        "report"
    }
    view = view_of(await chat.send(who, which.press, {"report": (slug,), "link": (link,)}))
    assert Heading(chat.procedure(who, slug).title) in view.parts
    values = [value for each in view.inputs for value in each.values]
    assert any(link in value for value in values)
    assert "what it says" not in "".join(values)


async def test_a_message_that_could_show_a_nude_child_stops_there(chat: Chat) -> None:
    gate = await pointed(chat, "amara-obi", "https://school.slack.example/archives/C1/p17")
    link = {"link": ("https://school.slack.example/archives/C1/p17",)}
    which = view_of(await chat.send("amara-obi", gate.press, {"gate": ("yes",), **link}))
    assert evidence.GATE_STOP in readable(which.parts)
    assert "Kofi Mensah" in readable(which.parts)
    view = view_of(await chat.send("amara-obi", which.press, {"report": ("misuse-report",), **link}))
    filled = chat.fewest("amara-obi", "misuse-report")
    while view.press and view.press.do == "form":
        raw = {i.id: i.values or filled.get(i.id, ()) for i in view.inputs}
        view = view_of(await chat.send("amara-obi", view.press, raw))
    assert view.press is not None
    assert view.press.do == "send"
    assert not files_of(view)
    await chat.send("amara-obi", view.press, {})
    case = next(iter(await chat.scene.office.at_desk(chat.scene.now, lambda desk: desk.records.cases_of("amara-obi"))))
    assert case.values[GATE] is True
