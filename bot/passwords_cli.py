"""`passwords` commands: give a person a password or a second factor for the pages, or take them away."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from bot.errors import BadInput
from bot.organisation import Person
from bot.organisation_file import load_organisation
from bot.passwords import Passwords, find_person
from bot.settings import Settings
from policy_kb.issues import did_you_mean


def add_commands(commands: Any) -> None:
    """Register the `passwords` sub-commands on an argparse sub-parser object."""
    passwords = commands.add_parser("passwords", help="who may sign in, where ASKFIRST_PASSWORDS names a file")
    parts = passwords.add_subparsers(title="commands", metavar="COMMAND", required=True)
    setting = parts.add_parser("set", help="give a person a password; asked for twice, or one line of standard input")
    setting.add_argument("person", metavar="PERSON", help="id or email as in the organisation file")
    setting.set_defaults(run=_set)
    second = parts.add_parser("second-factor", help="make the secret for a person's authenticator app; shown once")
    second.add_argument("person", metavar="PERSON", help="id or email as in the organisation file")
    second.set_defaults(run=_second_factor)
    removing = parts.add_parser("remove", help="take a person's password and second factor away")
    removing.add_argument(
        "person", metavar="PERSON", help="id or email as in the organisation file, or an id in the file"
    )
    removing.set_defaults(run=_remove)


def _file(settings: Settings) -> Passwords:
    if settings.passwords is None:
        raise BadInput("no password file; set ASKFIRST_PASSWORDS to where it is or shall be")
    return Passwords.open(settings.passwords)


def _set(options: argparse.Namespace, settings: Settings, _: Any) -> int:
    passwords = _file(settings)
    person = _person(options.person, settings)
    passwords.set(person.id, _typed())
    print(f"{person.id} can sign in with the new password.")
    return 0


def _second_factor(options: argparse.Namespace, settings: Settings, _: Any) -> int:
    factors = _file(settings).second_factors
    person = _person(options.person, settings)
    had = factors.has(person.id)
    made = factors.enrol(person.id, person.email or person.id)
    print(f"The second factor of {person.id}, shown this once. Whoever has it can make their codes.")
    print(made.uri)
    print(f"To type by hand: {made.by_hand} (time-based, 6 digits)")
    print("They add it to an authenticator app, and type its code where AskFirst asks. Then clear this screen.")
    if had:
        print("The former one no longer works.")
    return 0


def _person(name: str, settings: Settings) -> Person:
    organisation = load_organisation(settings.organisation)
    found = organisation.person(find_person(organisation, name) or "")
    if found is None:
        known = {each.id: each for each, _ in organisation.everyone()}
        cure = did_you_mean(name, known, "use an id or email of the organisation file")
        raise BadInput(f"nobody is called {name[:40]!r}; {cure}")
    return found


def _typed() -> str:
    """The password, never shown: typed twice at a terminal, else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise BadInput("the two were not the same; try again")
    return first


def _remove(options: argparse.Namespace, settings: Settings, _: Any) -> int:
    person = find_person(load_organisation(settings.organisation), options.person) or options.person
    if not _file(settings).remove(person):
        raise BadInput(f"{options.person[:40]!r} has neither password nor second factor; nothing was changed")
    print(f"{person} can no longer sign in with a password.")
    return 0
