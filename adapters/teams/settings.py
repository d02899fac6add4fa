"""Settings of the Teams adapter, from ASKFIRST_TEAMS_* variables; docs/set-up-teams.md has the list."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import BadInput
from bot.settings import LOOPBACK

PREFIX = "ASKFIRST_TEAMS_"
OPENID = "https://login.botframework.com/v1/.well-known/openidconfiguration"
"""Where the Bot Connector publishes the keys that it signs with (Bot Framework REST, authentication)."""
CONNECTOR = "https://smba.trafficmanager.net/teams/"
"""Where a first message goes to somebody whose own address is not known yet (Teams, proactive messages)."""
HOSTS = ("smba.trafficmanager.net", "botframework.com", "teams.microsoft.com")
"""Hosts, with everything below them, to which a token of ours may go (SECURITY T15)."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMES = (
    *("APP_ID", "TENANT", "SECRET", "SECRET_FILE", "MANAGED_IDENTITY", "TENANTS"),
    *("ADDRESS", "PORT", "PUBLIC_URL", "CHANNEL", "DIALOGS", "DEVELOPMENT"),
)


@dataclass(frozen=True)
class TeamsSettings:
    """Who we are to Microsoft, and whom we let in.

    app_id, tenant: the app registration's, single tenant. secret: None with a managed identity. secret_file: where it
    came from, to be read anew when Microsoft does not take it any more. tenants: whose people are served. public_url:
    the https address at which Microsoft reaches us. channel: for cards of people who do not have the app in a chat of
    their own. dialogs: False where the client has none, so that forms stand in cards. development: no tokens at all;
    on loopback alone. openid, connector, hosts: other than Microsoft's in tests alone.
    """

    app_id: str
    tenant: str
    secret: str | None = field(default=None, repr=False)
    secret_file: Path | None = None
    managed_identity: bool = False
    tenants: frozenset[str] = frozenset()
    address: str = LOOPBACK
    port: int = 3978
    public_url: str | None = None
    channel: str | None = None
    dialogs: bool = True
    development: bool = False
    openid: str = OPENID
    connector: str = CONNECTOR
    hosts: tuple[str, ...] = HOSTS

    def __post_init__(self) -> None:
        _check(self)

    def lets_in(self, tenant: str) -> bool:
        """True for people of this Microsoft tenant."""
        return self.development or tenant in self.tenants | {self.tenant}

    def may_send_to(self, url: str) -> bool:
        """True for an address at which the Bot Connector answers: nothing else may ever see a token (SECURITY T15)."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if self.development:
            return parts.scheme == "http" and host in ("127.0.0.1", "localhost")
        if parts.username or parts.password or parts.query or parts.fragment:
            return False
        if f"{parts.scheme}://{host}:{port}" in self.hosts:
            return True
        known = any(host == each or host.endswith(f".{each}") for each in self.hosts)
        return parts.scheme == "https" and port in (None, 443) and known


def read_teams_settings(environment: Mapping[str, str]) -> TeamsSettings | None:
    """The settings; None where Teams is not set up at all. Raises BadInput naming the variable and the cure."""
    given = {name: environment[PREFIX + name].strip() for name in _NAMES if environment.get(PREFIX + name, "").strip()}
    if not given:
        return None
    return TeamsSettings(
        app_id=given.get("APP_ID", "").lower(),
        tenant=given.get("TENANT", "").lower(),
        secret=read_secret(Path(given["SECRET_FILE"])) if "SECRET_FILE" in given else given.get("SECRET"),
        secret_file=Path(given["SECRET_FILE"]) if "SECRET_FILE" in given else None,
        managed_identity=_yes(given, "MANAGED_IDENTITY", False),
        tenants=frozenset(each.lower() for each in re.split(r"[\s,]+", given.get("TENANTS", "")) if each),
        address=given.get("ADDRESS", LOOPBACK),
        port=_port(given.get("PORT", "3978")),
        public_url=given["PUBLIC_URL"].rstrip("/").lower() if "PUBLIC_URL" in given else None,
        channel=given.get("CHANNEL"),
        dialogs=_yes(given, "DIALOGS", True),
        development=_yes(given, "DEVELOPMENT", False),
    )


def read_secret(path: Path) -> str:
    """The secret in a file. Raises BadInput where the file cannot be read, or can be by others (SECURITY T25)."""
    try:
        if path.stat().st_mode & 0o077:
            raise BadInput(f"{PREFIX}SECRET_FILE: others can read it; allow it to its owner alone: chmod 600")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{PREFIX}SECRET_FILE: cannot be read; check the path") from error


def _yes(given: Mapping[str, str], name: str, otherwise: bool) -> bool:
    said = given.get(name, "").lower()
    if said not in ("", "yes", "no"):
        raise BadInput(f"{PREFIX}{name}: write yes or no")
    return said == "yes" if said else otherwise


def _port(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or int(text) > 65535:
        raise BadInput(f"{PREFIX}PORT: not a port; use a number such as 3978")
    return int(text)


def _check(settings: TeamsSettings) -> None:
    """Refuses what would let anybody in, or could never speak (SECURITY T02)."""
    try:
        loopback = ipaddress.ip_address(settings.address).is_loopback
    except ValueError as error:
        raise BadInput(f"{PREFIX}ADDRESS: not an IP address; use 127.0.0.1, or 0.0.0.0 behind a proxy") from error
    public = urlsplit(settings.public_url or "https://none")
    if public.scheme != "https" or not public.hostname or public.path or public.query:
        raise BadInput(f"{PREFIX}PUBLIC_URL: write the address as https://askfirst.example.org")
    if settings.development:
        if not loopback:
            raise BadInput(f"{PREFIX}DEVELOPMENT: nobody is checked then; leave {PREFIX}ADDRESS at 127.0.0.1")
        if settings.app_id or settings.secret:
            raise BadInput(f"{PREFIX}DEVELOPMENT is for trying without Microsoft; leave the app id and secret out")
        return
    for name, value in (("APP_ID", settings.app_id), ("TENANT", settings.tenant)):
        if not _GUID.fullmatch(value):
            raise BadInput(f"{PREFIX}{name}: copy the id from the app registration, such as 1b2c...-...")
    if any(not _GUID.fullmatch(each) for each in settings.tenants):
        raise BadInput(f"{PREFIX}TENANTS: tenant ids with commas between them")
    if bool(settings.secret) == settings.managed_identity:
        raise BadInput(f"{PREFIX}SECRET_FILE or {PREFIX}MANAGED_IDENTITY=yes: set one of them")
