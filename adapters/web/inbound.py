"""From a request's headers and body to plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from bot.errors import BadInput

SMALL = 64 * 1024
"""Largest body in bytes of an ordinary form."""
LARGE = 1024 * 1024
"""Largest body of a form that asks for a lot of text."""

FEW_FIELDS, MANY_FIELDS = 20, 2_000
FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data"


@dataclass(frozen=True)
class Sent:
    """A file as it was sent: its name, which says no more than its kind, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Form:
    """The checked fields of a form."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[Sent, ...] = ()

    def get(self, name: str, otherwise: str = "") -> str:
        """The field's value; the last where it came several times."""
        values = self.fields.get(name, ())
        return values[-1] if values else otherwise

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field, as sent."""
        return self.fields.get(name, ())

    @property
    def written(self) -> str:
        """What the person had written, so that a form that cannot be taken does not lose it."""
        found = [value for name in ("question", "words") for value in self.all(name)]
        found += [value for name in self.fields if name.startswith("f-") for value in self.all(name)]
        return "\n\n".join(value for value in found if value.strip())


def allowed_hosts(port: int) -> frozenset[str]:
    """Host headers that name this server; another may be a site that points its name at this machine."""
    names = ("localhost", "127.0.0.1", "[::1]")
    with_port = {f"{name}:{port}" for name in names}
    return frozenset(with_port | set(names) if port == 80 else with_port)


def comes_from_own_page(headers: Mapping[str, str], hosts: frozenset[str], scheme: str = "http") -> bool:
    """True where the browser says that a form was sent from one of our own pages, or says nothing at all.

    Pages with `Referrer-Policy: no-referrer` send `Origin: null` with their own forms, so that `null` is
    believed only together with `Sec-Fetch-Site: same-origin`, which no page can forge.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("Origin")
    if origin is None:
        return True
    if origin == "null":
        return site == "same-origin"
    return origin in {f"{scheme}://{host}" for host in hosts} and origin == f"{scheme}://{headers.get('Host', '')}"


def read_form(body: bytes, content_type: str, most: int = FEW_FIELDS) -> Form:
    """The fields of a form, at most so many. Raises BadInput for anything that is not a plain form."""
    if content_type != FORM:
        raise BadInput("only forms from these pages are accepted; go back and use the page's own buttons")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError as error:
        raise BadInput("the form could not be read; go back and send it again") from error
    return Form(gathered(pairs))


def gathered(pairs: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Values by name, in the order in which they came."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def own_path(address: str) -> str:
    """The address where it is a path of this site, to go on to after signing in; else the start."""
    plain = all("!" <= c <= "~" for c in address) and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"


def sentence(message: str) -> str:
    """An error message as a sentence: a capital at the start and a full stop at the end."""
    text = message.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"
