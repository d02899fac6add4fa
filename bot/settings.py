"""Settings from the environment, read once at the start by the composition root."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from bot.errors import BadInput
from bot.texts import SIGNPOST_DEFAULT
from policy_kb.model import Frozen

SAMPLE_ORGANISATION = Path(__file__).parent / "sample-organisation.yaml"


class Settings(Frozen):
    """Where things are. ASKFIRST_CACHE, ASKFIRST_ORGANISATION, ASKFIRST_SIGNPOST (a text file), ASKFIRST_PORT."""

    cache: Path
    organisation: Path = SAMPLE_ORGANISATION
    signpost: str = SIGNPOST_DEFAULT
    port: int = Field(default=8080, ge=0, le=65535)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from environment variables. Raises BadInput naming the variable and the cure."""
    home = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    values: dict[str, object] = {"cache": environment.get("ASKFIRST_CACHE") or home / "askfirst"}
    if environment.get("ASKFIRST_ORGANISATION"):
        values["organisation"] = environment["ASKFIRST_ORGANISATION"]
    if environment.get("ASKFIRST_PORT"):
        values["port"] = environment["ASKFIRST_PORT"]
    if environment.get("ASKFIRST_SIGNPOST"):
        try:
            values["signpost"] = Path(environment["ASKFIRST_SIGNPOST"]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadInput(f"ASKFIRST_SIGNPOST: cannot be read ({error.strerror}); check the path") from error
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = f"ASKFIRST_{str(fault['loc'][0]).upper()}"
        raise BadInput(f"{name}: {fault['msg'].lower()}; correct the variable") from error
