"""The app package for a tenant's administrator: manifest 1.29, two icons, and no permission that is not needed.

The schema is https://developer.microsoft.com/json-schemas/teams/v1.29/MicrosoftTeams.schema.json.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

from adapters.teams import names
from adapters.teams.settings import TeamsSettings
from adapters.teams.tab import PATH as TAB
from adapters.teams.tab_token import resource
from bot.errors import BadInput

VERSION = "1.29"
SCHEMA = f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
BLUE = "#1D3B6F"
COLOUR_SIDE, OUTLINE_SIDE = 192, 32
"""Pixels of the icons (Teams, app icons): the outline is white on nothing."""
_DAY = (2026, 1, 1, 0, 0, 0)
"""Of the files in the package, so that the same settings give the same bytes."""

_SHORT = "Your school's social media policy: what it says, and who to ask."
_FULL = (
    "Ask in your own words whether something is in line with your school's social media policy. The answer is the "
    "policy's own clause, with who to speak to and what to do next; nothing is generated. Where the policy wants "
    "permission, a report or a record, AskFirst leads you through the form and brings it to the person who decides. "
    "Asking is not reporting: nobody can see who asked what."
)
_PROMPTS = (
    ("Friend requests", "Can I accept a friend request from a parent?"),
    ("Photos of pupils", "May I post photos of a school trip?"),
    ("A class account", "Can I open a social media account for my class?"),
    ("Something worrying", "A pupil wrote to me privately. What should I do?"),
)
_COMMANDS = (
    ("Start something", "Everything you can ask for, report or put on record"),
    ("My requests", "What you asked for or reported, and how it stands"),
    ("Waiting for me", "What waits for your decision"),
    ("Approved sites", "The register of approved sites and accounts"),
    ("Policies", "The policy itself"),
    ("I'm away", "Say who decides while you are away"),
    ("Help", "How AskFirst works, and where to turn at once"),
)


@dataclass(frozen=True)
class Publisher:
    """Who publishes the app in the tenant: the school or trust. website: an https address with a privacy notice."""

    name: str
    website: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= 32:
            raise BadInput("the publisher's name has 1 to 32 characters")
        parts = urlsplit(self.website)
        if parts.scheme != "https" or not parts.hostname:
            raise BadInput("the publisher's website is an address such as https://www.school.example")


def manifest(settings: TeamsSettings, publisher: Publisher, version: str = "1.0.0") -> dict[str, Any]:
    """The manifest. Raises BadInput in development, where there is no app to name."""
    if settings.development or not settings.app_id:
        raise BadInput("the package names the app registration; set ASKFIRST_TEAMS_APP_ID and the others first")
    made: dict[str, Any] = {
        "$schema": SCHEMA,
        "manifestVersion": VERSION,
        "version": version,
        "id": settings.app_id,
        "developer": {
            "name": publisher.name.strip(),
            "websiteUrl": publisher.website,
            "privacyUrl": publisher.website,
            "termsOfUseUrl": publisher.website,
        },
        "name": {"short": "AskFirst", "full": "AskFirst: your social media policy"},
        "description": {"short": _SHORT, "full": _FULL},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": BLUE,
        "defaultInstallScope": "personal",
        "bots": [_bot(settings.app_id)],
        "composeExtensions": [{"botId": settings.app_id, "commands": _message_actions()}],
        "validDomains": [],
    }
    if settings.public_url:
        address = f"{settings.public_url}{TAB}"
        made["staticTabs"] = [
            {"entityId": "my-requests", "name": "My requests", "contentUrl": address, "scopes": ["personal"]}
        ]
        host = urlsplit(settings.public_url).hostname or ""
        made["validDomains"] = [host]
        # For the tab's sign-in alone (Teams, tab single sign-on).
        made["webApplicationInfo"] = {"id": settings.app_id, "resource": resource(host, settings.app_id)}
    return made


def _bot(app: str) -> dict[str, Any]:
    prompts = [
        {"title": title, "description": prompt, "type": "prompt", "prompt": prompt} for title, prompt in _PROMPTS
    ]
    commands = [{"title": title, "description": says, "type": "basic"} for title, says in _COMMANDS]
    return {
        "botId": app,
        "scopes": ["personal", "team", "groupChat"],
        "supportsFiles": False,
        "isNotificationOnly": False,
        "commandLists": [
            {"scopes": ["personal"], "commands": [*prompts, *commands]},
            {"scopes": ["team", "groupChat"], "commands": [*prompts, *commands[-1:]]},
        ],
    }


def _message_actions() -> list[dict[str, Any]]:
    shared = {"type": "action", "context": ["message"], "fetchTask": True}
    report = {"id": names.REPORT, "title": "Report this message", "description": "Report it as your policy provides"}
    ask = {"id": names.ASK, "title": "Ask about this", "description": "What the policy says of it; you alone see it"}
    return [{**report, **shared}, {**ask, **shared}]


def package(settings: TeamsSettings, publisher: Publisher, version: str = "1.0.0") -> bytes:
    """The zip. Raises BadInput."""
    text = json.dumps(manifest(settings, publisher, version), indent=2, ensure_ascii=False) + "\n"
    files = {"manifest.json": text.encode(), "color.png": colour_icon(), "outline.png": outline_icon()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, data in files.items():
            whole.writestr(zipfile.ZipInfo(name, _DAY), data)
    return out.getvalue()


def write_package(path: Path, settings: TeamsSettings, publisher: Publisher, version: str = "1.0.0") -> None:
    """Write the zip. Raises BadInput where it cannot be written."""
    made = package(settings, publisher, version)
    try:
        path.write_bytes(made)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror}); choose another place with --out") from error


def colour_icon() -> bytes:
    """A speech bubble with a tick in it, on the app's colour."""
    return _png(_bubble(COLOUR_SIDE, BLUE, "white", BLUE))


def outline_icon() -> bytes:
    """The same in white lines on nothing."""
    return _png(_bubble(OUTLINE_SIDE, None, None, "white"))


def _bubble(side: int, ground: str | None, fill: str | None, tick: str) -> Image.Image:
    """Drawn eight times as large and made smaller, so that edges are smooth."""
    big = side * 8
    image = Image.new("RGBA", (big, big), ground or (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    line = big // 14
    box = (big * 0.16, big * 0.16, big * 0.84, big * 0.68)
    tail = [(big * 0.32, big * 0.66), (big * 0.32, big * 0.86), (big * 0.54, big * 0.66)]
    if fill:
        draw.rounded_rectangle(box, big * 0.12, fill=fill)
        draw.polygon(tail, fill=fill)
    else:
        draw.rounded_rectangle(box, big * 0.12, outline=tick, width=line)
        draw.line([tail[0], tail[1], tail[2]], fill=tick, width=line, joint="curve")
    mark = [(big * 0.34, big * 0.43), (big * 0.46, big * 0.54), (big * 0.67, big * 0.31)]
    draw.line(mark, fill=tick, width=line, joint="curve")
    return image.resize((side, side), Image.Resampling.LANCZOS)


def _png(image: Image.Image) -> bytes:
    pixels = image
    if image.size[0] == OUTLINE_SIDE:
        # White alone, in every degree of transparency.
        white = Image.new("RGBA", image.size, (255, 255, 255, 0))
        white.putalpha(image.getchannel("A"))
        pixels = white
    out = io.BytesIO()
    pixels.save(out, "PNG", optimize=True)
    return out.getvalue()
