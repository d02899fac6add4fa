"""Who is who on a platform, where cards stand, arrivals and feedback: the same on both engines."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.cases import Case
from bot.chat.messages import Spot
from bot.sealing import Keyring
from bot.store import schema as t
from bot.store.disposal import destroy, rotate
from bot.store.records import CARD, Arrival, Notice, Records
from tests.store.sample import DECIDER, NOW, REQUESTER, Books, add, organisation, said, to

CANARY = "canary-words"
EMAIL = "amara@oak.example"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HERE, THERE = Spot("D01", "1.5"), Spot("D01", "2.5")


def card(person: str, case: Case, platform: str = "slack") -> Notice:
    """That a card follows its case."""
    return Notice(person, f"{CARD}:{platform}", case.id, case.version)


# Who is who.


async def test_a_linked_account_is_found_from_both_sides(books: Books) -> None:
    await books.write(lambda r: r.link(REQUESTER, "slack", "T1", "U1", EMAIL, NOW))
    assert await books.write(lambda r: r.person_by("slack", "T1", "U1")) == REQUESTER
    found = await books.write(lambda r: r.account_of(REQUESTER, "slack"))
    assert found is not None
    assert (found.tenant, found.account, found.email, found.linked_at) == ("T1", "U1", EMAIL, NOW)
    for other in (("teams", "T1", "U1"), ("slack", "T2", "U1"), ("slack", "T1", "U2")):
        assert await books.write(lambda r, key=other: r.person_by(*key)) is None  # type: ignore[misc]
    assert await books.write(lambda r: r.account_of(REQUESTER, "teams")) is None
    assert await books.write(lambda r: r.account_of(DECIDER, "slack")) is None


async def test_an_account_belongs_to_one_person_and_a_link_can_be_ended(books: Books) -> None:
    await books.write(lambda r: r.link(REQUESTER, "slack", "T1", "U1", EMAIL, NOW))
    await books.write(lambda r: r.link(DECIDER, "slack", "T1", "U1", "helen@oak.example", NOW))
    assert await books.write(lambda r: (r.person_by("slack", "T1", "U1"), r.accounts_of(REQUESTER))) == (DECIDER, [])
    await books.write(lambda r: r.unlink("slack", "T1", "U1"))
    assert await books.write(lambda r: (r.person_by("slack", "T1", "U1"), r.accounts_of(DECIDER))) == (None, [])


async def test_writing_from_an_account_links_nobody(books: Books) -> None:
    await books.write(lambda r: r.met(REQUESTER, "teams", "T1", "U1", NOW, "the reference"))
    assert await books.write(lambda r: (r.person_by("teams", "T1", "U1"), r.accounts_of(REQUESTER))) == (None, [])
    found = await books.write(lambda r: r.contact("teams", "T1", "U1"))
    assert found is not None
    assert (found.person, found.address, found.active_at) == (REQUESTER, "the reference", NOW)


async def test_where_somebody_wrote_last_and_the_address_are_kept_up(books: Books) -> None:
    await books.write(lambda r: r.link(REQUESTER, "slack", "T1", "U1", EMAIL, NOW))
    await books.write(lambda r: r.link(REQUESTER, "teams", "T9", "U9", EMAIL, NOW + MINUTE))
    names = [each.platform for each in await books.write(lambda r: r.accounts_of(REQUESTER))]
    assert names == ["teams", "slack"]
    await books.write(lambda r: r.met(REQUESTER, "slack", "T1", "U1", NOW + DAY))
    await books.write(lambda r: r.met(REQUESTER, "teams", "T9", "U9", NOW + MINUTE, "new reference"))
    await books.write(lambda r: r.met(REQUESTER, "teams", "T9", "U9", NOW + 2 * MINUTE))
    slack, teams = await books.write(lambda r: r.accounts_of(REQUESTER))
    assert (slack.platform, slack.active_at, slack.email) == ("slack", NOW + DAY, EMAIL)
    assert (teams.address, teams.email) == ("new reference", EMAIL)


async def test_an_account_that_is_gone_is_left_alone_until_it_writes_again(books: Books) -> None:
    for user in ("U1", "U2"):
        await books.write(lambda r, u=user: r.link(REQUESTER, "slack", "T1", u, EMAIL, NOW))  # type: ignore[misc]
    await books.write(lambda r: r.lost_account("slack", "T1", "U1", NOW))
    assert [each.account for each in await books.write(lambda r: r.accounts_of(REQUESTER))] == ["U2"]
    assert await books.write(lambda r: r.person_by("slack", "T1", "U1")) is None
    await books.write(lambda r: r.lost_tenant("slack", "T1", NOW))
    assert await books.write(lambda r: r.accounts_of(REQUESTER)) == []
    await books.write(lambda r: r.met(REQUESTER, "slack", "T1", "U1", NOW))
    assert await books.write(lambda r: r.person_by("slack", "T1", "U1")) == REQUESTER


async def test_the_table_names_nobody(books: Books) -> None:
    await books.write(lambda r: r.link(REQUESTER, "slack", "T1", "U1canary", EMAIL, NOW))
    await books.write(lambda r: r.met(REQUESTER, "slack", "T1", "U1canary", NOW, CANARY))
    text = repr(await books.rows(t.accounts))
    assert not any(word in text for word in (REQUESTER, "U1canary", EMAIL, CANARY))


# Cards.


async def test_a_card_is_found_by_its_case_and_by_its_place_and_moves(books: Books) -> None:
    case, other = await books.opened(), await books.opened()
    await books.write(lambda r: r.place_card(case, DECIDER, "slack", HERE, NOW))
    assert await books.write(lambda r: r.card_of(case.id, DECIDER, "slack")) == HERE
    assert await books.write(lambda r: r.case_at("slack", HERE)) == (case.id, DECIDER)
    await books.write(lambda r: r.place_card(case, DECIDER, "slack", THERE, NOW))
    assert await books.write(lambda r: (r.card_of(case.id, DECIDER, "slack"), r.case_at("slack", HERE))) == (
        THERE,
        None,
    )
    for elsewhere in (("teams", THERE), ("slack", Spot("D02", "2.5"))):
        assert await books.write(lambda r, at=elsewhere: r.case_at(*at)) is None  # type: ignore[misc]
    await books.write(lambda r: r.place_card(other, DECIDER, "slack", THERE, NOW))
    assert await books.write(lambda r: (r.case_at("slack", THERE), r.card_of(case.id, DECIDER, "slack"))) == (
        (other.id, DECIDER),
        None,
    )


async def test_several_share_a_card_in_a_channel(books: Books) -> None:
    case, other = await books.opened(), await books.opened()
    await books.write(lambda r: r.place_card(case, DECIDER, "slack", HERE, NOW))
    await books.write(lambda r: r.place_card(case, REQUESTER, "slack", HERE, NOW + MINUTE))
    shared = [(REQUESTER, HERE), (DECIDER, HERE)]
    assert await books.write(lambda r: r.cards_on(case.id, "slack")) == shared
    assert await books.write(lambda r: r.case_at("slack", HERE)) == (case.id, DECIDER)
    await books.write(lambda r: r.take_card(case.id, DECIDER, "slack"))
    assert await books.write(lambda r: r.case_at("slack", HERE)) == (case.id, REQUESTER)
    await books.write(lambda r: r.place_card(other, DECIDER, "slack", HERE, NOW))
    assert await books.write(lambda r: r.cards_on(case.id, "slack")) == []


async def test_the_holders_of_a_case_s_cards_and_where(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda r: r.place_card(case, DECIDER, "slack", HERE, NOW))
    await books.write(lambda r: r.place_card(case, DECIDER, "teams", HERE, NOW + MINUTE))
    await books.write(lambda r: r.place_card(case, REQUESTER, "slack", THERE, NOW + MINUTE))
    holders = await books.write(lambda r: r.card_holders(case.id))
    assert {who: set(at) for who, at in holders.items()} == {DECIDER: {"slack", "teams"}, REQUESTER: {"slack"}}
    await books.write(lambda r: r.take_card(case.id, DECIDER, "slack"))
    holders = await books.write(lambda r: r.card_holders(case.id))
    assert {who: set(at) for who, at in holders.items()} == {DECIDER: {"teams"}, REQUESTER: {"slack"}}


async def test_cards_go_with_an_erased_case(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda r: r.place_card(case, DECIDER, "slack", HERE, NOW))
    gone = await books.write(lambda r: destroy(r, case.model_copy(update={"ended_at": NOW}), NOW))
    assert gone["cards"] == 1
    assert await books.rows(t.cards) == []
    assert await books.write(lambda r: (r.case_at("slack", HERE), r.card_holders(case.id))) == (None, {})


async def test_one_card_waits_for_each_person_case_and_platform(books: Books) -> None:
    case, other = await books.opened(), await books.opened()
    for _ in range(3):
        case = await books.write(lambda r, c=case: add(r, c.id, said("x")))  # type: ignore[misc]
        await books.write(lambda r, c=case: r.tell_cards(c, [card(DECIDER, c), card(REQUESTER, c)], NOW))  # type: ignore[misc]
    await books.write(lambda r: r.tell_cards(other, [card(DECIDER, other), card(DECIDER, other, "teams")], NOW))
    rows = [row._mapping for row in await books.rows(t.outbox)]
    waiting = [(row["case_id"], row["seq"]) for row in rows if row["dead_at"] is None]
    assert sorted(waiting) == sorted([(case.id, 5)] * 2 + [(other.id, 2)] * 2)


async def test_a_card_that_is_just_going_out_does_not_pass_for_what_changed_meanwhile(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda r: r.tell_cards(case, [card(DECIDER, case)], NOW))
    going = await books.write(lambda r: r.head_of(r.tag(DECIDER)))
    assert going is not None
    # People changed, the case did not: even the number of the event is the same.
    await books.write(lambda r: r.tell_cards(case, [card(DECIDER, case)], NOW))
    await books.write(lambda r: r.sent(going.id, NOW))
    again = await books.write(lambda r: r.head_of(r.tag(DECIDER)))
    assert again is not None
    assert again.key != going.key
    await books.write(lambda r: r.sent(again.id, NOW))
    await books.write(lambda r: r.tell_cards(case, [card(DECIDER, case)], NOW))
    assert await books.write(lambda r: r.head_of(r.tag(DECIDER))) is not None


async def test_a_card_tells_nobody_anything(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda r: r.adopt(organisation("One"), NOW))
    before = await books.write(lambda r: r.mark_of(DECIDER, DECIDER))
    await books.write(lambda r: r.tell_cards(case, [card(DECIDER, case)], NOW))

    def told(records: Records) -> list[object]:
        lanes = records.lanes_told(case, {"waiting", "reminder"})
        return [records.was_told(DECIDER, case.id), lanes, records.told(DECIDER), records.mark_of(DECIDER, DECIDER)]

    assert await books.write(told) == [False, frozenset(), [], before]
    head = await books.write(lambda r: r.head_of(r.tag(DECIDER)))
    assert head is not None
    await books.write(lambda r: r.sent(head.id, NOW))
    assert await books.write(told) == [False, frozenset(), [], before]


async def test_whether_somebody_was_told_of_one_kind_or_of_any(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda r: r.tell(case, [to(DECIDER, case, "told")], NOW))
    assert await books.write(lambda r: r.was_told(DECIDER, case.id))
    assert await books.write(lambda r: r.was_told(DECIDER, case.id, {"told", "waiting"}))
    assert not await books.write(lambda r: r.was_told(DECIDER, case.id, {"waiting"}))
    assert not await books.write(lambda r: r.was_told(REQUESTER, case.id))


# Arrivals.


async def test_a_delivery_is_kept_once_also_after_it_was_worked_off(books: Books) -> None:
    fresh = await asyncio.gather(*(books.write(lambda r: r.arrive("Ev1", "slack", b"x", NOW)) for _ in range(6)))
    assert sorted(fresh) == [False] * 5 + [True]
    assert await books.write(lambda r: r.arrive("Ev1", "teams", b"x", NOW))
    await books.write(lambda r: r.finished("Ev1", "slack"))
    assert not await books.write(lambda r: r.arrive("Ev1", "slack", b"x", NOW))
    assert await books.write(lambda r: r.unfinished("slack", NOW + DAY, NOW + DAY)) == []


async def test_each_arrival_is_handed_to_one_taker_until_their_time_is_over(books: Books) -> None:
    for number in range(8):
        at = NOW + number * timedelta(seconds=1)
        await books.write(lambda r, n=number, at=at: r.arrive(f"Ev{n}", "slack", b"%d" % n, at))  # type: ignore[misc]
    now, until = NOW + MINUTE, NOW + 2 * MINUTE
    several = await asyncio.gather(*(books.write(lambda r: r.unfinished("slack", now, until, 3)) for _ in range(6)))
    taken = [each.body for some in several for each in some]
    while rest := await books.write(lambda r: r.unfinished("slack", now, until, 3)):
        taken += [each.body for each in rest]
    assert sorted(taken) == [b"%d" % n for n in range(8)]
    again = await books.write(lambda r: r.unfinished("slack", until, until + MINUTE))
    assert again == [Arrival(f"Ev{n}", b"%d" % n, NOW + n * timedelta(seconds=1), 2) for n in range(8)]


async def test_what_failed_is_put_off(books: Books) -> None:
    await books.write(lambda r: r.arrive("Ev1", "slack", b"x", NOW))
    await books.write(lambda r: r.unfinished("slack", NOW, NOW + DAY))
    await books.write(lambda r: r.put_off("Ev1", "slack", NOW + MINUTE))
    assert await books.write(lambda r: r.unfinished("slack", NOW, NOW + DAY)) == []
    (found,) = await books.write(lambda r: r.unfinished("slack", NOW + MINUTE, NOW + DAY))
    assert found.attempts == 2


async def test_a_damaged_arrival_holds_up_no_other(books: Books) -> None:
    for key in ("Ev1", "Ev2"):
        await books.write(lambda r, k=key: r.arrive(k, "slack", k.encode(), NOW))  # type: ignore[misc]
    first = min(row._mapping["key"] for row in await books.rows(t.arrivals))
    spoil = t.arrivals.update().where(t.arrivals.c.key == first).values(sealed=b"x" * 40)
    await books.store.run(lambda tx: tx.execute(spoil) and None)
    assert len(await books.write(lambda r: r.unfinished("slack", NOW, NOW + DAY))) == 1


# Feedback.


async def test_feedback_is_sealed_and_goes_when_it_was_dealt_with(books: Books) -> None:
    for number in range(3):
        at = NOW + number * DAY
        body = f"{CANARY} {number}".encode()
        await books.write(lambda r, b=body, at=at: r.keep_feedback("elm", "agora", b, at))  # type: ignore[misc]
    assert CANARY not in repr(await books.rows(t.feedback))
    first, second, third = await books.write(lambda r: r.feedback("elm"))
    assert (first.policy, first.at, first.body) == ("agora", NOW, f"{CANARY} 0".encode())
    assert await books.write(lambda r: r.feedback("oak")) == []
    await books.write(lambda r: r.drop_feedback(second.id))
    await books.write(lambda r: r.drop_feedback_before(NOW + MINUTE))
    assert await books.write(lambda r: r.feedback("elm")) == [third]


# A new master key.


async def test_everything_is_found_again_under_a_new_master_key(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda r: r.adopt(organisation("One"), NOW))
    await books.write(lambda r: r.link(REQUESTER, "slack", "T1", "U1", EMAIL, NOW))
    await books.write(lambda r: r.link(REQUESTER, "teams", "T9", "U9", EMAIL, NOW))
    await books.write(lambda r: r.lost_account("teams", "T9", "U9", NOW))
    await books.write(lambda r: r.place_card(case, REQUESTER, "slack", HERE, NOW))
    await books.write(lambda r: r.arrive("Ev1", "slack", b"x", NOW))
    await books.write(lambda r: r.keep_feedback("elm", "agora", b"y", NOW))
    new = Keyring(bytes(range(1, 33)))
    assert await books.write(lambda r: rotate(r, new)) == 5
    again = Books(books.store, new)
    assert await again.write(lambda r: r.person_by("slack", "T1", "U1")) == REQUESTER
    assert [each.platform for each in await again.write(lambda r: r.accounts_of(REQUESTER))] == ["slack"]
    assert await again.write(lambda r: r.card_of(case.id, REQUESTER, "slack")) == HERE
    assert await again.write(lambda r: r.case_at("slack", HERE)) == (case.id, REQUESTER)
    assert not await again.write(lambda r: r.arrive("Ev1", "slack", b"x", NOW))
    assert [each.body for each in await again.write(lambda r: r.unfinished("slack", NOW, NOW + DAY))] == [b"x"]
    assert [each.body for each in await again.write(lambda r: r.feedback("elm"))] == [b"y"]
    old = {await books.write(lambda r: r.tag(REQUESTER)), await books.write(lambda r: r._spot_tag("slack", HERE))}
    rows = [repr(await books.rows(table)) for table in (t.accounts, t.cards, t.arrivals)]
    assert not any(tag in text for tag in old for text in rows)


async def test_a_clock_that_was_put_off_is_due_again(books: Books) -> None:
    case = await books.opened()
    await books.write(lambda r: r.arm(case, "remind", 2, NOW))
    (row,) = await books.rows(t.timers)
    timer = row._mapping["id"]
    await books.write(lambda r: r.take_timer(timer, NOW))
    await books.write(lambda r: r.put_off_timer(timer, NOW + MINUTE))
    assert await books.write(lambda r: r.timers_due(NOW)) == []
    assert await books.write(lambda r: r.take_timer(timer, NOW + MINUTE)) is not None


async def test_cards_belong_to_a_case_of_their_tenant(books: Books) -> None:
    case = await books.opened()
    row = {
        "case_id": case.id,
        "tenant": "oak",
        "person": "p",
        "platform": "slack",
        "spot": "s",
        "sealed": b"",
        "at": NOW,
    }
    with pytest.raises(sa.exc.IntegrityError):
        await books.store.run(lambda tx: tx.execute(t.cards.insert().values(**row)) and None)
