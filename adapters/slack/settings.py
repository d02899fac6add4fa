"""Settings of the Slack app: what is given decides how it connects. Each secret may stand in a file of its own."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import BadInput

PREFIX = "ASKFIRST_SLACK_"
_SECRETS = ("BOT_TOKEN", "SIGNING_SECRET", "APP_TOKEN", "CLIENT_SECRET")
_STARTS = {"BOT_TOKEN": "xoxb-", "APP_TOKEN": "xapp-"}
_TEAM = re.compile(r"T[A-Z0-9]{2,20}")
_LONGEST = 4_096


@dataclass(frozen=True)
class Secret:
    """A token or secret. In a file it is read anew each time, so that a new one needs no restart (SECURITY F10)."""

    name: str
    value: str = field(default="", repr=False)
    file: Path | None = None

    def read(self) -> str:
        """The secret as it stands now. Raises BadInput with the cure."""
        text = self.value if self.file is None else _from_file(self.name, self.file)
        start = _STARTS.get(self.name, "")
        if not text.startswith(start) or not text.isascii() or len(text.split()) != 1:
            wanted = f"a token that starts with {start}" if start else "one word without spaces"
            raise BadInput(f"{PREFIX}{self.name}: not {wanted}; copy it from the app's page at api.slack.com/apps")
        return text


@dataclass(frozen=True)
class SlackSettings:
    """How AskFirst is connected with Slack.

    bot_token: of the one workspace; else client_id and client_secret: many workspaces install the app by OAuth.
    signing_secret: Slack sends to our address. app_token: Socket Mode, for a school behind a firewall.
    teams: which workspaces may install the app, each with the trust or school whose people it holds.
    address, port: what the door for Slack's requests is opened on. api: where Slack's Web API is.
    """

    bot_token: Secret | None = None
    signing_secret: Secret | None = None
    app_token: Secret | None = None
    client_id: str = ""
    client_secret: Secret | None = None
    teams: Mapping[str, str] = field(default_factory=dict)
    address: str = "127.0.0.1"
    port: int = 3000
    api: str = "https://slack.com/api/"

    @property
    def many(self) -> bool:
        """True where workspaces install the app by OAuth."""
        return self.bot_token is None

    @property
    def by_socket(self) -> bool:
        """True where Slack speaks to us over a connection that we opened."""
        return self.app_token is not None


def read_slack_settings(environment: Mapping[str, str]) -> SlackSettings | None:
    """Settings from ASKFIRST_SLACK_... variables; None where there are none.

    Each secret is ASKFIRST_SLACK_<NAME>, or ASKFIRST_SLACK_<NAME>_FILE with the path of a file that holds it.
    Raises BadInput with the cure for a combination that could not work.
    """
    if not any(name.startswith(PREFIX) and value for name, value in environment.items()):
        return None
    secrets = {name: _secret(environment, name) for name in _SECRETS}
    client_id = environment.get(f"{PREFIX}CLIENT_ID", "").strip()
    settings = SlackSettings(
        secrets["BOT_TOKEN"],
        secrets["SIGNING_SECRET"],
        secrets["APP_TOKEN"],
        client_id,
        secrets["CLIENT_SECRET"],
        _teams(environment.get(f"{PREFIX}TEAMS", "")),
        environment.get(f"{PREFIX}ADDRESS") or "127.0.0.1",
        _port(environment.get(f"{PREFIX}PORT") or "3000"),
    )
    _check(settings)
    return settings


def _secret(environment: Mapping[str, str], name: str) -> Secret | None:
    plain, path = environment.get(f"{PREFIX}{name}", "").strip(), environment.get(f"{PREFIX}{name}_FILE", "").strip()
    if plain and path:
        raise BadInput(f"{PREFIX}{name} and {PREFIX}{name}_FILE say the same twice; set one of them")
    if not plain and not path:
        return None
    secret = Secret(name, plain, Path(path) if path else None)
    secret.read()
    return secret


def _from_file(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = path.stat().st_mode
            data = file.read(_LONGEST)
    except OSError as error:
        raise BadInput(f"{PREFIX}{name}_FILE: {path} cannot be read ({error.strerror}); check the path") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadInput(f"{PREFIX}{name}_FILE: others on this machine can read {path}; run: chmod 600 {path}")
    return data.decode("ascii", "replace").strip()


def _teams(text: str) -> dict[str, str]:
    """'T024BE7LD=north-trust, T0AB=oak-school' by workspace."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        team, _, tenant = (part.strip() for part in pair.partition("="))
        if not _TEAM.fullmatch(team) or not tenant or team in found:
            raise BadInput(
                f"{PREFIX}TEAMS: {pair[:40]!r} is not a workspace with its trust or school; write it as "
                "T024BE7LD=north-trust, with the id that stands in the organisation file"
            )
        found[team] = tenant
    return found


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise BadInput(f"{PREFIX}PORT: a number from 0 to 65535")
    return int(text)


def _check(settings: SlackSettings) -> None:
    """Which secrets belong together."""
    oauth = (bool(settings.client_id), settings.client_secret is not None)
    if settings.bot_token and any(oauth):
        raise BadInput(
            f"{PREFIX}BOT_TOKEN is for one workspace, {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET for many; "
            "leave one of the two ways out"
        )
    if not settings.bot_token and not all(oauth):
        raise BadInput(
            f"set {PREFIX}BOT_TOKEN (one workspace), or both {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET (many)"
        )
    if not settings.signing_secret and not settings.app_token:
        raise BadInput(
            f"set {PREFIX}APP_TOKEN (Socket Mode, behind a firewall), "
            f"or {PREFIX}SIGNING_SECRET (Slack sends to your https address)"
        )
    if settings.many and not settings.signing_secret:
        raise BadInput(
            f"set {PREFIX}SIGNING_SECRET: an app that many workspaces install is reached by its https address"
        )
    if settings.many and not settings.teams:
        raise BadInput(
            f"set {PREFIX}TEAMS to the workspaces that may install the app, each with its trust or school, "
            "such as T024BE7LD=north-trust; otherwise any workspace could name itself your headteacher"
        )
