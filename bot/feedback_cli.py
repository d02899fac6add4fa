"""`feedback` commands: the curator's queue of questions that an answer did not answer, given by their askers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.errors import BadInput
from bot.settings import Settings

if TYPE_CHECKING:  # needs the database, which whoever asks a question does not wait for
    from bot.desk import Desk

Now = Callable[[], datetime]


def add_commands(commands: Any, now: Now) -> None:
    """Register the `feedback` sub-commands on an argparse sub-parser object. now: the clock of the composition."""
    feedback = commands.add_parser("feedback", help="questions that were not answered, as their askers gave them")
    parts = feedback.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = parts.add_parser("list", help="all of them, oldest first; nobody's name was kept")
    listing.set_defaults(run=lambda options, settings, _: _list(settings, now()))
    dropping = parts.add_parser("drop", help="forget one that was dealt with")
    dropping.add_argument("number", metavar="NUMBER", help="as `feedback list` shows it")
    dropping.set_defaults(run=lambda options, settings, _: _drop(options, settings, now()))


def _list(settings: Settings, now: datetime) -> int:
    from bot.opening import at_desk, office_of

    with office_of(settings) as office:
        lines = at_desk(office, now, _lines)
    print("\n".join(lines) if lines else "nothing is waiting")
    return 0


def _lines(desk: Desk) -> list[str]:
    """Each with its number, day, policy, and what the answer was."""
    tenants = sorted({school.tenant for school in desk.organisation.schools})
    found = sorted((each for tenant in tenants for each in desk.records.feedback(tenant)), key=lambda each: each.at)
    lines = []
    for each in found:
        said = json.loads(each.body)
        answer = said.get("verdict", "no longer known")
        topics = ", ".join(said.get("topics", ()))
        question = json.dumps(said["question"], ensure_ascii=False)
        lines.append(f"{each.id}  {each.at:%Y-%m-%d}  {each.policy}  {answer}  [{topics}]  {question}")
    return lines


def _drop(options: argparse.Namespace, settings: Settings, now: datetime) -> int:
    from bot.opening import at_desk, office_of

    with office_of(settings) as office:
        known = at_desk(office, now, _dropped, options.number)
    if not known:
        raise BadInput("no question of that number; `feedback list` shows them")
    print("forgotten")
    return 0


def _dropped(desk: Desk, number: str) -> bool:
    tenants = {school.tenant for school in desk.organisation.schools}
    known = any(each.id == number for tenant in tenants for each in desk.records.feedback(tenant))
    desk.records.drop_feedback(number)
    return known
