"""One reader for each type of form field: what was filled in becomes a value, or a sentence that names the cure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.cases import NOBODY
from bot.events import Value
from policy_kb.procedures import Field, FieldType

LINE_LIMIT = 200
TEXT_LIMIT = 8_000
ADDRESS_LIMIT = 2_000
LONDON = ZoneInfo("Europe/London")
NOT_STAFF = "Somebody who is not a member of staff"
"""How NOBODY reads in a subject field."""

_YEARS = range(1900, 2200)
_WHOLE_NUMBER = re.compile(r"[+-]?(\d{1,9}|\d{1,3}(,\d{3}){1,2})", re.ASCII)
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%d %b %Y")
_MOMENTS = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """The ids of people and of open entries of the register that may be named."""

    people: Collection[str]
    sites: Collection[str]


class Wrong(Exception):
    """The sentence for the person who filled in the form."""


# Cleaning: control characters and halves of characters go, everything else stays letter for letter.


def clean(text: str) -> str:
    """The text without what cannot be seen at its ends, and without what is no character."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def blank(text: str) -> bool:
    """True also for text of which nothing can be seen."""
    return not any(unicodedata.category(c)[0] not in "CZ" for c in text)


# One reader per type: None where nothing was filled in.

_Reader = Callable[[Field, list[str], Known], Value | None]


def _line(field: Field, given: list[str], known: Known) -> Value | None:
    return _within(field, " ".join(given[0].split("\n")), LINE_LIMIT) if given else None


def _text(field: Field, given: list[str], known: Known) -> Value | None:
    return _within(field, given[0], TEXT_LIMIT) if given else None


def _within(field: Field, text: str, limit: int) -> str:
    if len(text) > limit:
        raise Wrong(f"“{field.label}” has {len(text):,} characters; please shorten it to {limit:,}.")
    return text


def _yes_no(field: Field, given: list[str], known: Known) -> Value | None:
    said = {each.casefold() for each in given}
    if said - {"yes", "no"} or len(said) > 1:
        raise Wrong(wanted(field))
    return "yes" in said if said else None


def _number(field: Field, given: list[str], known: Known) -> Value | None:
    if not given:
        return None
    if not _WHOLE_NUMBER.fullmatch(given[0]):
        raise Wrong(wanted(field))
    number = int(given[0].replace(",", ""))
    if field.least is not None and number < field.least:
        raise Wrong(f"“{field.label}” must be {field.least:,} or more.")
    if field.most is not None and number > field.most:
        raise Wrong(f"“{field.label}” must be {field.most:,} or less.")
    return number


def _date(field: Field, given: list[str], known: Known) -> Value | None:
    return _when(field, given[0], _DATES).date().isoformat() if given else None


def _moment(field: Field, given: list[str], known: Known) -> Value | None:
    if not given:
        return None
    moment = _when(field, given[0], _MOMENTS)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=LONDON)
        # In the hour that the clocks leave out there is no such time; of the hour that comes twice, the first is meant.
        if moment.astimezone(UTC).astimezone(LONDON).time() != moment.time():
            raise Wrong(
                f"The clocks go forward then: the time in “{field.label}” does not exist. Please choose another."
            )
    return moment.astimezone(UTC).isoformat()


def _when(field: Field, text: str, forms: Sequence[str]) -> datetime:
    for form in forms:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        if moment.year in _YEARS:
            return moment
    example = "23/11/2026" if forms is _DATES else "23/11/2026 15:30"
    raise Wrong(f"{wanted(field)[:-1]}, such as {example}.")


def _address(field: Field, given: list[str], known: Known) -> Value | None:
    """Kept as text and never fetched, so only its shape is checked."""
    if not given:
        return None
    text, scheme = given[0], _SCHEME.match(given[0])
    if scheme is None:
        text = f"https://{text}"
    elif scheme[1].lower() not in ("http", "https"):
        raise Wrong(f"“{field.label}” must be the address of a web page: one that begins with https://.")
    if len(text) > ADDRESS_LIMIT:
        raise Wrong(
            f"“{field.label}” has more than {ADDRESS_LIMIT:,} characters; please leave out what follows the “?”."
        )
    if not _is_address(text):
        raise Wrong(wanted(field))
    if "@" in urlsplit(text).netloc:
        raise Wrong(f"Please leave out the user name and password before the “@” in “{field.label}”.")
    return text


def _is_address(text: str) -> bool:
    # A backslash is a slash to some browsers and a letter to others: the host would not be the one that is read.
    if "\\" in text or any(unicodedata.category(c)[0] in "CZ" for c in text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    labels = (host or "").split(".")
    return len(labels) > 1 and all(re.fullmatch(r"\w([\w-]*\w)?", each) for each in labels)


def _choice(field: Field, given: list[str], known: Known) -> Value | None:
    chosen = _options(field, given)
    if len(chosen) > 1:
        raise Wrong(f"Please choose only one answer to “{field.label}”.")
    return chosen[0] if chosen else None


def _choices(field: Field, given: list[str], known: Known) -> Value | None:
    chosen = _options(field, given)
    return _counted(field, chosen, "answer", "answers") if chosen else None


def _options(field: Field, given: list[str]) -> tuple[str, ...]:
    """The options chosen, in the form's order; a chat may write them without capitals."""
    by_text = {option.casefold(): option for option in reversed(field.options)} | {o: o for o in field.options}
    found = {by_text.get(each) or by_text.get(each.casefold()) for each in given}
    if None in found:
        raise Wrong(f"Please answer “{field.label}” with: {'; '.join(field.options)}.")
    return tuple(option for option in field.options if option in found)


def _people(field: Field, given: list[str], known: Known) -> Value | None:
    chosen = tuple(dict.fromkeys(given))
    if any(each not in known.people for each in chosen):
        raise Wrong(wanted(field))
    return _counted(field, chosen, "person", "different people") if chosen else None


def _counted(field: Field, chosen: tuple[str, ...], one: str, many: str) -> tuple[str, ...]:
    if field.least is not None and len(chosen) < field.least:
        raise Wrong(f"Please choose at least {field.least} {one if field.least == 1 else many} in “{field.label}”.")
    if field.most is not None and len(chosen) > field.most:
        raise Wrong(f"Please choose at most {field.most} {one if field.most == 1 else many} in “{field.label}”.")
    return chosen


def _one(field: Field, given: list[str], known: Known) -> Value | None:
    """One person, one site of the register, or nobody of the staff."""
    ids = known.sites if field.type is FieldType.SITE else known.people
    nobody = NOBODY if field.type is FieldType.SUBJECT else None
    if len(set(given)) > 1 or any(each not in ids and each != nobody for each in given):
        raise Wrong(wanted(field))
    return given[0] if given else None


READERS: dict[FieldType, _Reader] = {
    FieldType.LINE: _line,
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.YES_NO: _yes_no,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.MOMENT: _moment,
    FieldType.ADDRESS: _address,
    FieldType.PEOPLE: _people,
    FieldType.PERSON: _one,
    FieldType.SUBJECT: _one,
    FieldType.SITE: _one,
}

_WANTED: dict[FieldType, str] = {
    FieldType.CHOICE: "Please choose an answer to “{label}”.",
    FieldType.CHOICES: "Please choose at least one answer to “{label}”.",
    FieldType.YES_NO: "Please answer “{label}” with yes or no.",
    FieldType.NUMBER: "Please give “{label}” as a whole number in figures, such as 12.",
    FieldType.DATE: "Please give a date for “{label}”.",
    FieldType.MOMENT: "Please give a date and a time for “{label}”.",
    FieldType.ADDRESS: "Please give a web address for “{label}”, such as https://www.example.org/page.",
    FieldType.PEOPLE: "Please choose people from the list of staff for “{label}”.",
    FieldType.PERSON: "Please choose one person from the list of staff for “{label}”.",
    FieldType.SUBJECT: f"Please choose one person for “{{label}}”, or “{NOT_STAFF}”.",
    FieldType.SITE: "Please choose one site from the register for “{label}”.",
}


def wanted(field: Field) -> str:
    """What is asked for: the sentence where it is missing, and where it cannot be read."""
    return _WANTED.get(field.type, "Please fill in “{label}”.").format(label=field.label)
