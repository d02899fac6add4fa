"""Scenario files are read here: every fault of form, and every name that nobody has, with file, line and step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from bot.organisation import Organisation
from policy_kb.issues import did_you_mean
from policy_kb.model import KnowledgeBase
from policy_kb.yaml_lines import YamlFile
from tests.scenario_format import KINDS, Plain, Scenario, Starts

HERE = Path(__file__).parent / "scenarios"


class Faulty(Exception):
    """The file cannot be played; the text has one line per fault: file, line, step, what is wrong."""


def files() -> list[Path]:
    """Every scenario file."""
    return sorted(HERE.glob("*/*.yaml"))


def read(path: Path, knowledge: KnowledgeBase, organisation: Organisation, root: Path = HERE) -> Scenario:
    """The scenario of a file, named in faults by its place under the root. Raises Faulty with every fault."""
    file = YamlFile(path, root)
    faults = [str(issue) for issue in file.issues]
    data = file.data if isinstance(file.data, dict) else {}
    raw = data.get("steps") if isinstance(data.get("steps"), list) else []
    steps: list[Plain] = []
    for number, each in enumerate(raw or []):
        where = f"{file.where(('steps', number))}: step {number + 1}"
        kind = next((k for k in KINDS if isinstance(each, dict) and k in each), None)
        if kind is None:
            faults.append(f"{where}: what happens? use one of {', '.join(KINDS)}")
            continue
        try:
            steps.append(KINDS[kind].model_validate(each))
        except ValidationError as error:
            faults += [f"{where}: {fault}" for fault in _plainly(error)]
    lines = tuple(int(file.where(("steps", n)).rsplit(":", 1)[1]) for n in range(len(raw or [])))
    if isinstance(data.get("after"), dict):
        data["after"] = [data["after"]]
    try:
        given = {**data, "steps": tuple(steps), "name": file.name, "lines": lines}
        scenario = Scenario.model_validate(given)
    except ValidationError as error:
        raise Faulty("\n".join([*faults, *(f"{file.name}: {fault}" for fault in _plainly(error))])) from error
    if not faults:
        faults = [f"{file.name}:{where}: {fault}" for where, fault in _unknown(scenario, knowledge, organisation)]
    if faults:
        raise Faulty("\n".join(faults))
    return scenario


def _plainly(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        yield f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg'].lower()}"


def _unknown(scenario: Scenario, knowledge: KnowledgeBase, organisation: Organisation) -> Iterator[tuple[str, str]]:
    """Names of people, procedures and fields that nobody has."""
    policy = knowledge.policies.get(scenario.policy)
    if policy is None:
        yield "1", f"policy: {did_you_mean(scenario.policy, knowledge.policies, 'no such policy')}"
        return
    known = {person.id for person, _ in organisation.everyone()}
    procedure = policy.procedures.get(scenario.procedure)
    if procedure is None:
        yield "1", f"procedure: {did_you_mean(scenario.procedure, policy.procedures, 'no such procedure')}"
    elif not set(scenario.covers) <= set(procedure.ids):
        yield "1", f"covers: {scenario.procedure} covers {', '.join(procedure.ids)}"
    for number, step in enumerate(scenario.steps):
        where = f"{scenario.lines[number]}: step {number + 1}"
        for person in _people_of(step):
            if person not in known:
                yield where, f"{person}: {did_you_mean(person, known, 'nobody of that id')}"
        for slug in (getattr(step, name, None) for name in ("starts", "offered", "looks")):
            if slug is not None and slug not in policy.procedures:
                yield where, f"{slug}: {did_you_mean(slug, policy.procedures, 'no such procedure')}"
        if isinstance(step, Starts) and step.starts in policy.procedures:
            fields = policy.procedures[step.starts].by_id
            for field in {*step.with_, *(step.errors or ())} - set(fields):
                yield where, f"{field}: {did_you_mean(field, fields, 'no such field')}"


def _people_of(step: object) -> Iterator[str]:
    for name in ("who", "to", "subject", "away", "stand_in", "back"):
        value = getattr(step, name, None)
        if isinstance(value, str) and not (name == "subject" and value == "nobody"):
            yield value
    for name in ("sees", "people"):
        value = getattr(step, name, None)
        if isinstance(value, Mapping):
            yield from value
