"""`passwords` commands: give a person a password for the sign-in page, or take it away."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from bot.errors import BadInput
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
    removing = parts.add_parser("remove", help="take a person's password away")
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
    organisation = load_organisation(settings.organisation)
    person = find_person(organisation, options.person)
    if person is None:
        known = {each.id: each for each, _ in organisation.everyone()}
        cure = did_you_mean(options.person, known, "use an id or email of the organisation file")
        raise BadInput(f"nobody is called {options.person[:40]!r}; {cure}")
    passwords.set(person, _typed())
    print(f"{person} can sign in with the new password.")
    return 0


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
        raise BadInput(f"{options.person[:40]!r} has no password; nothing was changed")
    print(f"{person} can no longer sign in with a password.")
    return 0
