"""What people filled in, checked: raw strings of a web form, a Slack modal or an Adaptive Card become values or errors.

Pure. Adapters hand over lists of strings by field id and show the errors beside the fields, so each is a whole sentence
that names the cure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.cases import NOBODY, holds
from bot.events import Value
from policy_kb.procedures import Field, FieldType, Procedure

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
class Read:
    """values: every right answer; errors: by field id, a sentence that names the cure. A field is in one of them."""

    values: dict[str, Value]
    errors: dict[str, str]


@dataclass(frozen=True)
class _Known:
    people: Collection[str]
    sites: Collection[str]


class _Wrong(Exception):
    """The sentence for the person who filled in the form."""


def read(
    procedure: Procedure, raw: Mapping[str, Sequence[str]], people: Collection[str], sites: Collection[str]
) -> Read:
    """Check what was filled in. people: ids that may be named; sites: open entries of the register. Never raises.

    Fields that do not apply are dropped, so that nothing is stored that the person was not asked.
    """
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    known = _Known(people, sites)
    for field in procedure.fields:
        if field.type is FieldType.EVIDENCE or not holds(field.when, values):
            continue
        given = raw.get(field.id, ())
        answers = [given] if isinstance(given, str) else list(given)
        try:
            value = _READERS[field.type](field, [each for each in map(_clean, answers) if not _blank(each)], known)
        except _Wrong as wrong:
            errors[field.id] = str(wrong)
            continue
        if value is not None:
            values[field.id] = value
        elif field.required:
            errors[field.id] = _wanted(field)
    _check_order(values, errors)
    return Read(values, errors)


def first_missing(procedure: Procedure, values: Mapping[str, Value]) -> Field | None:
    """The first required field that applies and has no answer: what a chat asks next. Evidence is asked elsewhere."""
    known = dict(values)
    for field in procedure.fields:
        wanted = field.required and field.type is not FieldType.EVIDENCE
        if wanted and field.id not in known and holds(field.when, known):
            return field
    return None


def shown(field: Field, value: Value, name_of: Callable[[str], str]) -> str:
    """The answer as people read it. name_of: the name of a person or site by id."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, tuple):
        # Options may hold commas of their own.
        return _joined([name_of(each) for each in value]) if field.type is FieldType.PEOPLE else "; ".join(value)
    if isinstance(value, int):
        return f"{value:,}"
    if field.type is FieldType.SUBJECT and value == NOBODY:
        return NOT_STAFF
    if field.type in (FieldType.PERSON, FieldType.SUBJECT, FieldType.SITE):
        return name_of(value)
    if field.type in (FieldType.DATE, FieldType.MOMENT):
        return _shown_time(value)
    return value


def _shown_time(value: str) -> str:
    """A stored day or moment in words; what cannot be read, as it stands."""
    try:
        moment = datetime.fromisoformat(value)
        local = moment.astimezone(LONDON) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return value
    day = f"{local:%A} {local.day} {local:%B} {local.year}"
    return f"{day} at {local:%H:%M}" if moment.tzinfo else day


def _joined(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


# Cleaning: control characters and halves of characters go, everything else stays letter for letter.


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def _blank(text: str) -> bool:
    """True also for text of which nothing can be seen."""
    return not any(unicodedata.category(c)[0] not in "CZ" for c in text)


# One reader per type: None where nothing was filled in.

_Reader = Callable[[Field, list[str], _Known], Value | None]


def _line(field: Field, given: list[str], known: _Known) -> Value | None:
    return _within(field, " ".join(given[0].split("\n")), LINE_LIMIT) if given else None


def _text(field: Field, given: list[str], known: _Known) -> Value | None:
    return _within(field, given[0], TEXT_LIMIT) if given else None


def _within(field: Field, text: str, limit: int) -> str:
    if len(text) > limit:
        raise _Wrong(f"“{field.label}” has {len(text):,} characters; please shorten it to {limit:,}.")
    return text


def _yes_no(field: Field, given: list[str], known: _Known) -> Value | None:
    said = {each.casefold() for each in given}
    if said - {"yes", "no"} or len(said) > 1:
        raise _Wrong(_wanted(field))
    return "yes" in said if said else None


def _number(field: Field, given: list[str], known: _Known) -> Value | None:
    if not given:
        return None
    if not _WHOLE_NUMBER.fullmatch(given[0]):
        raise _Wrong(_wanted(field))
    number = int(given[0].replace(",", ""))
    if field.least is not None and number < field.least:
        raise _Wrong(f"“{field.label}” must be {field.least:,} or more.")
    if field.most is not None and number > field.most:
        raise _Wrong(f"“{field.label}” must be {field.most:,} or less.")
    return number


def _date(field: Field, given: list[str], known: _Known) -> Value | None:
    return _when(field, given[0], _DATES).date().isoformat() if given else None


def _moment(field: Field, given: list[str], known: _Known) -> Value | None:
    if not given:
        return None
    moment = _when(field, given[0], _MOMENTS)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=LONDON)
        # In the hour that the clocks leave out there is no such time; of the hour that comes twice, the first is meant.
        if moment.astimezone(UTC).astimezone(LONDON).time() != moment.time():
            raise _Wrong(
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
    raise _Wrong(f"{_wanted(field)[:-1]}, such as {example}.")


def _address(field: Field, given: list[str], known: _Known) -> Value | None:
    """Kept as text and never fetched, so only its shape is checked."""
    if not given:
        return None
    text, scheme = given[0], _SCHEME.match(given[0])
    if scheme is None:
        text = f"https://{text}"
    elif scheme[1].lower() not in ("http", "https"):
        raise _Wrong(f"“{field.label}” must be the address of a web page: one that begins with https://.")
    if len(text) > ADDRESS_LIMIT:
        raise _Wrong(
            f"“{field.label}” has more than {ADDRESS_LIMIT:,} characters; please leave out what follows the “?”."
        )
    if not _is_address(text):
        raise _Wrong(_wanted(field))
    if "@" in urlsplit(text).netloc:
        raise _Wrong(f"Please leave out the user name and password before the “@” in “{field.label}”.")
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


def _choice(field: Field, given: list[str], known: _Known) -> Value | None:
    chosen = _options(field, given)
    if len(chosen) > 1:
        raise _Wrong(f"Please choose only one answer to “{field.label}”.")
    return chosen[0] if chosen else None


def _choices(field: Field, given: list[str], known: _Known) -> Value | None:
    chosen = _options(field, given)
    return _counted(field, chosen, "answer", "answers") if chosen else None


def _options(field: Field, given: list[str]) -> tuple[str, ...]:
    """The options chosen, in the form's order; a chat may write them without capitals."""
    by_text = {option.casefold(): option for option in reversed(field.options)} | {o: o for o in field.options}
    found = {by_text.get(each) or by_text.get(each.casefold()) for each in given}
    if None in found:
        raise _Wrong(f"Please answer “{field.label}” with: {'; '.join(field.options)}.")
    return tuple(option for option in field.options if option in found)


def _people(field: Field, given: list[str], known: _Known) -> Value | None:
    chosen = tuple(dict.fromkeys(given))
    if any(each not in known.people for each in chosen):
        raise _Wrong(_wanted(field))
    return _counted(field, chosen, "person", "different people") if chosen else None


def _counted(field: Field, chosen: tuple[str, ...], one: str, many: str) -> tuple[str, ...]:
    if field.least is not None and len(chosen) < field.least:
        raise _Wrong(f"Please choose at least {field.least} {one if field.least == 1 else many} in “{field.label}”.")
    if field.most is not None and len(chosen) > field.most:
        raise _Wrong(f"Please choose at most {field.most} {one if field.most == 1 else many} in “{field.label}”.")
    return chosen


def _one(field: Field, given: list[str], known: _Known) -> Value | None:
    """One person, one site of the register, or nobody of the staff."""
    ids = known.sites if field.type is FieldType.SITE else known.people
    nobody = NOBODY if field.type is FieldType.SUBJECT else None
    if len(set(given)) > 1 or any(each not in ids and each != nobody for each in given):
        raise _Wrong(_wanted(field))
    return given[0] if given else None


_READERS: dict[FieldType, _Reader] = {
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


def _wanted(field: Field) -> str:
    """What is asked for: the sentence where it is missing, and where it cannot be read."""
    return _WANTED.get(field.type, "Please fill in “{label}”.").format(label=field.label)


def _check_order(values: dict[str, Value], errors: dict[str, str]) -> None:
    """A site closes after it goes live."""
    live, closure = values.get("go_live"), values.get("closure")
    if isinstance(live, str) and isinstance(closure, str) and closure <= live:
        del values["closure"]
        errors["closure"] = f"The closing date must be after {_shown_time(live)}, the day it goes live."
