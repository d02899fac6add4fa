"""Settings from the environment, read once at the start by the composition root."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from bot.errors import BadInput
from bot.texts import SIGNPOST_DEFAULT
from policy_kb.model import Frozen

SAMPLE_ORGANISATION = Path(__file__).parent / "sample-organisation.yaml"
LOOPBACK = "127.0.0.1"

_PLAIN = (
    *("organisation", "port", "data", "database", "key"),
    *("passwords", "proxy_secret_file", "proxy_header", "address"),
)
"""Settings that are the variable's text: ASKFIRST_ and the name in capitals."""


class Settings(Frozen):
    """Where things are and who may sign in. Each is ASKFIRST_ and its name in capitals; README.md has the list.

    database: a PostgreSQL address; None keeps one SQLite file in the data folder. address: what the pages are served
    on. public_url: what people type when a proxy with TLS stands in front. passwords, proxy_secret_file: how people
    sign in; with neither, the pages are a demonstration (SECURITY T17, T18).
    """

    cache: Path
    organisation: Path = SAMPLE_ORGANISATION
    signpost: str = SIGNPOST_DEFAULT
    port: int = Field(default=8080, ge=0, le=65535)
    data: Path = Path("data")
    database: str | None = None
    key: Path | None = None
    passwords: Path | None = None
    proxy_secret_file: Path | None = None
    proxy_header: str = "X-Forwarded-Email"
    address: str = LOOPBACK
    public_url: str | None = None

    @property
    def key_file(self) -> Path:
        """The master key: beside the data unless it is kept elsewhere."""
        return self.key or self.data / "master.key"

    @property
    def demonstration(self) -> bool:
        """True where nobody signs in: a person is chosen from the sample organisation."""
        return self.passwords is None and self.proxy_secret_file is None

    @property
    def on_loopback(self) -> bool:
        """True where only this machine can reach the pages."""
        return ipaddress.ip_address(self.address).is_loopback


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from environment variables. Raises BadInput naming the variable and the cure."""
    home = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    values: dict[str, Any] = {"cache": environment.get("ASKFIRST_CACHE") or home / "askfirst"}
    for name in _PLAIN:
        if environment.get(f"ASKFIRST_{name.upper()}"):
            values[name] = environment[f"ASKFIRST_{name.upper()}"]
    if environment.get("ASKFIRST_SIGNPOST"):
        try:
            values["signpost"] = Path(environment["ASKFIRST_SIGNPOST"]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadInput(f"ASKFIRST_SIGNPOST: cannot be read ({error.strerror}); check the path") from error
    if environment.get("ASKFIRST_PUBLIC_URL"):
        values["public_url"] = _public(environment["ASKFIRST_PUBLIC_URL"])
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = f"ASKFIRST_{str(fault['loc'][0]).upper()}"
        raise BadInput(f"{name}: {fault['msg'].lower()}; correct the variable") from error
    _check(settings)
    return settings


def _public(url: str) -> str:
    """The address with its scheme and host alone, in small letters."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise BadInput("ASKFIRST_PUBLIC_URL: not the address of a site; write it as https://askfirst.example.org")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _check(settings: Settings) -> None:
    """What can be reached from elsewhere asks who is there, and is encrypted on its way (SECURITY T17)."""
    try:
        reachable = not settings.on_loopback
    except ValueError as error:
        raise BadInput("ASKFIRST_ADDRESS: not an IP address; use 127.0.0.1, or 0.0.0.0 behind a proxy") from error
    if settings.database and not settings.database.startswith(("postgresql://", "postgresql+psycopg://")):
        raise BadInput("ASKFIRST_DATABASE: only PostgreSQL is named here, as postgresql://...; leave it out for SQLite")
    if settings.passwords and settings.proxy_secret_file:
        raise BadInput("ASKFIRST_PASSWORDS and ASKFIRST_PROXY_SECRET_FILE are two ways to sign in; set one of them")
    if (reachable or settings.public_url) and settings.demonstration:
        raise BadInput(
            "ASKFIRST_ADDRESS, ASKFIRST_PUBLIC_URL: other machines could reach pages on which nobody signs in; "
            "set ASKFIRST_PASSWORDS or ASKFIRST_PROXY_SECRET_FILE, or leave both out"
        )
    if reachable and not (settings.public_url or "").startswith("https://"):
        raise BadInput(
            "ASKFIRST_ADDRESS: pages for other machines need a proxy with TLS before them; "
            "set ASKFIRST_PUBLIC_URL to its https:// address"
        )
