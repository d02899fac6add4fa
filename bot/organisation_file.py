"""The organisation file: YAML read strictly, with every fault at once, each with its line and its cure."""

from __future__ import annotations

import re
import unicodedata
from datetime import time
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import BadInput
from bot.organisation import Organisation, Person, Post, School, SlackAccount, SlackChannel, TeamsAccount, Term, Trust
from bot.organisation_faults import find_faults
from policy_kb.issues import Issue, did_you_mean
from policy_kb.model import Role
from policy_kb.yaml_lines import Place, YamlFile

_MODELS: dict[str, type[BaseModel]] = {
    "trusts": Trust,
    "schools": School,
    "people": Person,
    "terms": Term,
    "also_at": Post,
    "slack": SlackAccount,
    "slack_approvals": SlackChannel,
    "teams": TeamsAccount,
}
"""What the entries under a key are, to propose the key that was meant."""

_EVENTS: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 50
"""Six times the depth of a further post's roles."""

ALIASES = {
    "principal": Role.HEADTEACHER,
    "head": Role.HEADTEACHER,
    "dsl": Role.SAFEGUARDING_LEAD,
    "safeguarding_officer": Role.SAFEGUARDING_LEAD,
    "ict_manager": Role.NETWORK_MANAGER,
    "ict_support": Role.IT_SUPPORT,
    "manager": Role.LINE_MANAGER,
    "chair": Role.CHAIR_OF_GOVERNORS,
    "governor": Role.GOVERNING_BOARD,
    "governors": Role.GOVERNING_BOARD,
    "senior_leader": Role.SLT,
}
"""What schools call a role, where its name here is too far off to be found by its spelling."""


def load_organisation(path: Path) -> Organisation:
    """Read an organisation file. Raises BadInput with one line for each fault: `file:line: what; cure`."""
    file = read_yaml(path)
    issues = list(file.issues)
    organisation: Organisation | None = None
    if file.data is not None:
        _repair_times(file.data)
        try:
            organisation = Organisation.model_validate(file.data)
        except ValidationError as error:
            issues += [_explained(fault, file) for fault in error.errors(include_url=False) if not _follows(fault)]
        issues += find_faults(file)
    if issues or organisation is None:
        raise BadInput("\n".join(str(issue) for issue in sorted(issues, key=_line)))
    return organisation


class _PlainFile(YamlFile):
    """A YAML file that hands on a day that does not exist as text, so that it is reported with its line."""

    def _value(self, loader: Any, node: yaml.Node, place: Place) -> Any:
        try:
            return super()._value(loader, node, place)
        except ValueError:
            return node.value


def read_yaml(path: Path) -> YamlFile:
    """The file's data and lines. Raises BadInput where there is nothing that could be read."""
    try:
        _refuse_depth(path)
        return _PlainFile(path, path.parent)
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be read ({error.strerror}); check the path") from error
    except RecursionError:
        raise BadInput(f"{path.name}:1: nested too deeply; write it as the sample is written") from None
    except yaml.YAMLError:
        # A mark-less error: characters that no text has.
        raise BadInput(f"{path.name}:1: not plain text; save the file as UTF-8 text") from None


def _refuse_depth(path: Path) -> None:
    """libyaml builds nested values by recursion in C, where thousands of brackets end the whole process."""
    depth = 0
    try:
        for event in yaml.parse(path.read_text(encoding="utf-8"), Loader=_EVENTS):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise RecursionError
    except (UnicodeDecodeError, yaml.YAMLError):
        return  # told with its line when the file is read as a whole


def slug_of(text: str) -> str:
    """An id made of a name: small Latin letters and digits with single hyphens; empty where the name has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))


def role_named(word: str) -> tuple[Role | None, str]:
    """The role of that name, or None with the cure."""
    if word in list(Role):
        return Role(word), ""
    plain = slug_of(word).replace("-", "_")
    meant = ALIASES.get(plain)
    if meant:
        return None, f"did you mean {meant.value!r}?"
    return None, did_you_mean(plain, [r.value for r in Role], f"use one of {', '.join(Role)}")


def _line(issue: Issue) -> int:
    return int(issue.where.rpartition(":")[2])


def _repair_times(data: Any) -> None:
    """YAML 1.1 reads an unquoted 17:00 as 17 * 60; pydantic would take that for seconds, seventeen past midnight."""
    schools = data.get("schools") if isinstance(data, dict) else None
    for school in schools if isinstance(schools, list) else ():
        for key in ("opens", "closes"):
            value = school.get(key) if isinstance(school, dict) else None
            if isinstance(value, int | float):
                whole = isinstance(value, int) and 60 <= value < 24 * 60
                school[key] = time(*divmod(int(value), 60)) if whole else str(value)


def _follows(fault: Any) -> bool:
    """pydantic calls a list too short when all its entries have faults of their own."""
    return bool(fault["type"] == "too_short" and fault["input"])


def _explained(fault: Any, file: YamlFile) -> Issue:
    """A fault of form in words for whoever keeps the file."""
    place = tuple(fault["loc"])
    names = [part for part in place if isinstance(part, str)]
    key = names[-1] if names else "the file"
    holder = _MODELS.get(names[-2], Organisation) if len(names) > 1 else Organisation
    return Issue(file.where(place), *_words(fault, key, holder))


def _words(fault: Any, key: str, holder: type[BaseModel]) -> tuple[str, str]:
    kind, value = str(fault["type"]), str(fault["input"])[:60]
    if kind == "extra_forbidden":
        return f"unknown key {key!r}", did_you_mean(key, holder.model_fields, "remove it")
    if kind == "missing":
        return f"the key {key!r} is missing", "add it"
    if kind == "enum" and key == "roles":
        return f"unknown role {value!r}", role_named(value)[1]
    if kind == "enum":
        known = [word.strip(" '") for word in fault["ctx"]["expected"].replace(" or ", ",").split(",")]
        return f"unknown {key} {value!r}", did_you_mean(value, known, f"use one of {', '.join(known)}")
    if kind == "value_error":
        return f"{key}: {fault['ctx']['error']}", "mend one of the two"
    return f"{key}: {value!r} {_EXPECTED[_family(kind)][0]}", _cure(kind, value)


_EXPECTED = {
    "string_pattern": ("has other characters than small letters, digits and single hyphens", "mend the id"),
    "string_type": ("is not text", "put it in quotation marks"),
    "string_too_short": ("is empty", "fill it in"),
    "string_too_long": ("is too long", "use 120 characters or fewer"),
    "too_short": ("is empty", "list at least one"),
    "date": ("is not a day", "write it as 2026-11-20"),
    "time": ("is not a time", 'write it in quotation marks, as "08:30"'),
    "bool": ("is neither true nor false", "write true or false"),
    "tuple": ("is not a list", "write a list, as [one, two]"),
    "model": ("is not a group of keys", "write `key: value` below it"),
    "": ("cannot be used", "mend the value"),
}
"""What the beginning of a fault's type means, and the cure."""


def _family(kind: str) -> str:
    return next(start for start in _EXPECTED if kind.startswith(start))


def _cure(kind: str, value: str) -> str:
    if kind.startswith("string_pattern") and slug_of(value):
        return f"did you mean {slug_of(value)!r}?"
    return _EXPECTED[_family(kind)][1]
