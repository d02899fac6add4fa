"""Commands of the chat platforms: what is wrong with a connection, and what an administrator uploads."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import BadInput
from bot.settings import Settings

if TYPE_CHECKING:
    from adapters.slack.doctor import Finding
    from adapters.slack.settings import SlackSettings
    from adapters.teams.settings import TeamsSettings

Now = Callable[[], datetime]
Environment = Mapping[str, str]
_NOT_SET_UP = "{name} is not set up; {guide} has the steps"


def add_commands(commands: Any, now: Now, environment: Environment) -> None:
    """Register `doctor`, `slack` and `teams` on an argparse sub-parser object.

    now, environment: the clock and the variables of the composition.
    """
    doctor = commands.add_parser("doctor", help="what keeps Slack or Teams from working, each with its cure")
    doctor.add_argument("platform", choices=("slack", "teams"))
    looks = {"slack": _doctor_slack, "teams": _doctor_teams}
    doctor.set_defaults(run=lambda options, settings, _: looks[options.platform](settings, now, environment))
    _slack(commands)
    _teams(commands, environment)


def _slack(commands: Any) -> None:
    slack = commands.add_parser("slack", help="the manifest that makes the Slack app")
    parts = slack.add_subparsers(title="commands", metavar="COMMAND", required=True)
    manifest = parts.add_parser("manifest", help="print the manifest, to be pasted where Slack asks for it")
    manifest.add_argument("--url", metavar="URL", help="https address of this AskFirst; without it, Socket Mode")
    manifest.set_defaults(run=lambda options, settings, _: _manifest(options))


def _teams(commands: Any, environment: Environment) -> None:
    teams = commands.add_parser("teams", help="the app package for Teams")
    parts = teams.add_subparsers(title="commands", metavar="COMMAND", required=True)
    package = parts.add_parser("package", help="write the zip that an administrator uploads")
    package.add_argument("--out", type=Path, default=Path("askfirst-teams.zip"), metavar="FILE")
    package.add_argument("--publisher", required=True, metavar="NAME", help="the school or trust that publishes it")
    package.add_argument("--website", required=True, metavar="URL", help="its https address, with a privacy notice")
    package.add_argument("--version", default="1.0.0", metavar="X.Y.Z", help="higher at every new upload")
    package.set_defaults(run=lambda options, settings, _: _package(options, environment))


def _manifest(options: argparse.Namespace) -> int:
    from adapters.slack.manifest import manifest

    print(json.dumps(manifest(options.url), indent=2, ensure_ascii=False))
    return 0


def _package(options: argparse.Namespace, environment: Environment) -> int:
    from adapters.teams.package import Publisher, write_package
    from adapters.teams.settings import read_teams_settings

    settings = read_teams_settings(environment)
    if settings is None:
        raise BadInput(_NOT_SET_UP.format(name="Teams", guide="docs/set-up-teams.md"))
    write_package(options.out, settings, Publisher(options.publisher, options.website), options.version)
    print(f"{options.out}: upload it in the Teams admin centre")
    return 0


def _doctor_slack(settings: Settings, now: Now, environment: Environment) -> int:
    from adapters.slack.settings import read_slack_settings

    chosen = read_slack_settings(environment)
    if chosen is None:
        raise BadInput(_NOT_SET_UP.format(name="Slack", guide="docs/set-up-slack.md"))
    found = asyncio.run(_examine_slack(chosen, settings, now))
    return _told((each.well, str(each)) for each in found)


async def _examine_slack(chosen: SlackSettings, settings: Settings, now: Now) -> list[Finding]:
    """With the token of each workspace that installed the app, where workspaces do."""
    from adapters.slack.doctor import examine
    from adapters.slack.oauth import installed_tokens
    from bot.sealing import Keyring
    from bot.store.side import open_side

    if not chosen.many:
        return await examine(chosen, now)
    engine = open_side(settings.data, settings.database)
    try:
        return await examine(chosen, now, await installed_tokens(engine, chosen, Keyring.open(settings.key_file)))
    finally:
        await engine.dispose()


def _doctor_teams(settings: Settings, now: Now, environment: Environment) -> int:
    from adapters.teams.settings import read_teams_settings

    chosen = read_teams_settings(environment)
    if chosen is None:
        raise BadInput(_NOT_SET_UP.format(name="Teams", guide="docs/set-up-teams.md"))
    return _told(asyncio.run(_examine_teams(chosen, settings, now)))


async def _examine_teams(chosen: TeamsSettings, settings: Settings, now: Now) -> list[tuple[bool, str]]:
    """Over the organisation file in a store of its own: the service that is being looked at may be running."""
    from adapters.teams.doctor import examine
    from bot.casework import CaseOffice
    from bot.opening import knowledge
    from bot.organisation_file import load_organisation
    from bot.sealing import Keyring
    from bot.store.engine import open_sqlite, opened

    with tempfile.TemporaryDirectory() as folder, opened(open_sqlite(Path(folder) / "doctor.db")) as store:
        office = CaseOffice(store, Keyring(secrets.token_bytes(32)), knowledge())
        await office.adopt(load_organisation(settings.organisation), now())
        found = await examine(chosen, office, now())
    return [(each.well, f"{'ok    ' if each.well else 'FAULT '} {each.says}") for each in found]


def _told(findings: Iterable[tuple[bool, str]]) -> int:
    """Every finding on a line; exit status 1 where something is not well."""
    status = 0
    for well, line in findings:
        print(line)
        status = status if well else 1
    return status
