"""Folders of YAML -> KnowledgeBase. The folder is the registry; all faults are reported at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from policy_kb.issues import Issue, KnowledgeBaseFaulty, did_you_mean
from policy_kb.model import (
    Citation,
    Clause,
    Condition,
    Document,
    Fact,
    FactValue,
    KnowledgeBase,
    Mention,
    Policy,
    Ruling,
    Topic,
    WordGroup,
)
from policy_kb.procedures import Procedure
from policy_kb.yaml_lines import Place, YamlFile

DATA_FOLDER = Path(__file__).parent / "data"

Model = TypeVar("Model", bound=BaseModel)


def data_digest(root: Path = DATA_FOLDER, without: frozenset[str] = frozenset()) -> str:
    """SHA-256 over every data file's name and bytes: the version of the knowledge base.

    without: names of files and folders to leave out, to tell what the classifier does not learn from.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".txt")):
        if without & set(path.relative_to(root).parts):
            continue
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def load(root: Path = DATA_FOLDER) -> KnowledgeBase:
    """Read the whole data folder. Raises KnowledgeBaseFaulty with every fault of form found."""
    return _Loader(root).load()


def read_english(root: Path = DATA_FOLDER) -> frozenset[str]:
    """Ordinary English words, which the spelling repair leaves alone."""
    return frozenset((root / "words" / "english.txt").read_text(encoding="utf-8").split())


class _Loader:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.issues: list[Issue] = []
        self.places: dict[str, str] = {}

    def load(self) -> KnowledgeBase:
        topics = self._topics()
        facts = {key: _each_value(fact) for key, fact in self._entries("facts.yaml", Fact, "key").items()}
        named = self._entries("named.yaml", WordGroup, "name")
        background = self._background()
        mentions = self._mentions()
        lexicon = self._mapping("lexicon.yaml")
        danger = self._mapping("danger.yaml")
        subject = self._mapping("subject.yaml")
        swaps = self._mapping("swaps.yaml")
        policies = [self._policy(folder) for folder in sorted((self.root / "policies").iterdir()) if folder.is_dir()]
        knowledge = None
        if not self.issues:
            knowledge = self._build(
                KnowledgeBase,
                {
                    "policies": {p.id: p for p in policies if p},
                    "topics": topics,
                    "background": background,
                    "facts": facts,
                    "named": named,
                    "mentions": mentions,
                    "lexicon": {k: [str(x) for x in v] for k, v in lexicon.data.items()},
                    "danger": danger.data.get("patterns", []),
                    "risk": danger.data.get("risk", []),
                    "calm": danger.data.get("calm", []),
                    "subject": [str(word) for word in subject.data.get("words", [])],
                    "swaps": swaps.data,
                    "places": self.places,
                },
                lexicon,
            )
        if knowledge is None:
            raise KnowledgeBaseFaulty(self.issues)
        return knowledge

    def _open(self, path: Path) -> YamlFile | None:
        if not path.is_file():
            name = path.relative_to(self.root).as_posix()
            self.issues.append(Issue(f"{name}:1", "the file is missing", "restore it from version control"))
            return None
        file = YamlFile(path, self.root)
        self.issues += file.issues
        return None if file.data is None else file

    def _mapping(self, name: str) -> YamlFile:
        file = self._open(self.root / name)
        if file is None or not isinstance(file.data, dict):
            raise KnowledgeBaseFaulty(self.issues or [Issue(f"{name}:1", "a mapping is expected", "see README")])
        return file

    def _build(
        self,
        model: type[Model],
        data: Any,
        file: YamlFile,
        at: Place = (),
        place_of: Callable[[Place], Place] = lambda place: place,
    ) -> Model | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                place = (*at, *place_of(tuple(fault["loc"])))
                self.issues.append(Issue(file.where(place), *_explain(fault, model)))
            return None

    def _entries(self, name: str, model: type[Model], key: str) -> dict[str, Model]:
        file = self._mapping(name)
        self.places |= {f"{name}:{slug}": file.where((slug,)) for slug in file.data}
        built = {
            slug: self._build(model, {key: slug, **entry} if isinstance(entry, dict) else entry, file, (slug,))
            for slug, entry in file.data.items()
        }
        return {slug: entry for slug, entry in built.items() if entry is not None}

    def _topics(self) -> dict[str, Topic]:
        topics = {}
        for path in sorted((self.root / "topics").glob("*.yaml")):
            file = self._open(path)
            if file is None:
                continue
            data = {"slug": path.stem, **file.data} if isinstance(file.data, dict) else file.data
            topic = self._build(Topic, data, file)
            if topic:
                topics[topic.slug] = topic
                self.places[f"topic:{topic.slug}"] = file.where()
                for kind in ("phrasings", "situations", "oblique", "typed", "asked"):
                    for i, example in enumerate(getattr(topic, kind)):
                        self.places[f"example:{example}"] = file.where((kind, i))
        return topics

    def _background(self) -> dict[str, dict[str, tuple[str, ...]]]:
        groups = self._mapping("background.yaml").data.get("groups", {})
        return {g: {s: tuple(p) for s, p in subjects.items()} for g, subjects in groups.items()}

    def _mentions(self) -> tuple[Mention, ...]:
        file = self._mapping("mentions.yaml")
        for i, _ in enumerate(file.data.get("mentions", [])):
            self.places[f"mention:{i}"] = file.where(("mentions", i))
        built = [
            self._build(Mention, entry, file, ("mentions", i)) for i, entry in enumerate(file.data.get("mentions", []))
        ]
        return tuple(m for m in built if m)

    def _policy(self, folder: Path) -> Policy | None:
        head, rulings = self._open(folder / "policy.yaml"), self._open(folder / "rulings.yaml")
        if head is None or rulings is None:
            return None
        documents = [self._document(folder / f"{name}.yaml") for name in head.data.get("documents", [])]
        data = dict(
            head.data,
            documents=[d for d in documents if d],
            rulings=self._rulings(rulings, folder.name),
            unused=rulings.data.get("unused") or {},
            procedures=self._procedures(folder),
        )
        return self._build(Policy, data, head)

    def _document(self, path: Path) -> Document | None:
        file = self._open(path)
        if file is None:
            return None
        clauses: list[Clause] = []
        headings: list[str] = []
        fresh = False
        seen: set[str] = set()
        for i, item in enumerate(file.data["items"]):
            if "heading" in item:
                headings = [*headings, item["heading"]] if fresh else [item["heading"]]
                fresh = True
                continue
            fresh = False
            clause = self._build(
                Clause,
                dict(
                    id=f"{file.data['document']}:{item.get('id')}",
                    document=file.data["document"],
                    printed=item.get("printed"),
                    headings=tuple(headings),
                    text=item.get("text"),
                    **{k: v for k, v in item.items() if k not in ("id", "printed", "text")},
                ),
                file,
                ("items", i),
            )
            if clause and clause.id in seen:
                self.issues.append(
                    Issue(file.where(("items", i)), f"clause {clause.id!r} stands twice", "give each its own id")
                )
            elif clause:
                seen.add(clause.id)
                clauses.append(clause)
                self.places[f"clause:{clause.id}"] = file.where(("items", i))
        head = {k: v for k, v in file.data.items() if k not in ("document", "items")}
        return self._build(Document, dict(head, id=file.data["document"], clauses=tuple(clauses)), file)

    def _procedures(self, folder: Path) -> dict[str, Procedure]:
        procedures = {}
        for path in sorted((folder / "procedures").glob("*.yaml")):
            file = self._open(path)
            if file is None:
                continue
            data = {"slug": path.stem, **file.data} if isinstance(file.data, dict) else file.data
            procedure = self._build(Procedure, data, file)
            if procedure:
                procedures[procedure.slug] = procedure
                self.places[f"procedure:{folder.name}:{procedure.slug}"] = file.where()
        return procedures

    def _rulings(self, file: YamlFile, policy: str) -> dict[str, Ruling]:
        rulings = {}
        for slug, entry in (file.data.get("rulings") or {}).items():
            place: Place = ("rulings", slug)
            self.places[f"ruling:{policy}:{slug}"] = file.where(place)
            if not isinstance(entry, dict):
                self.issues.append(Issue(file.where(place), "a ruling is a mapping", "see README, adding a topic"))
                continue
            ruling = self._build(Ruling, _ruling_data(slug, entry), file, place)
            if ruling:
                rulings[slug] = _spelt_out(ruling)
        return rulings


def _ruling_data(slug: str, entry: dict[str, Any]) -> dict[str, Any]:
    """The entry as Ruling's fields: citations split, and what its conditions and aspects leave out filled in."""
    base = dict(entry, topic=slug, cite=_citations(entry.get("cite")))
    inherited = {k: base[k] for k in ("cite", "contact", "next", "offers") if base.get(k) is not None}
    for key in ("when", "aspects"):
        outcomes = []
        for part in entry.get(key) or ():
            outcome = {**inherited, **part}
            if "cite" in part:
                outcome["cite"] = _citations(part["cite"])
            outcomes.append(outcome)
        base[key] = outcomes
    return {k: v for k, v in base.items() if v is not None}


def _spelt_out(ruling: Ruling) -> Ruling:
    """The ruling with a condition of its own for every `or_facts`, behind the one that it stood in."""
    conditions: list[Condition] = []
    for condition in ruling.when:
        conditions.append(condition.model_copy(update={"or_facts": {}}))
        if condition.or_facts:
            conditions.append(condition.model_copy(update={"facts": condition.or_facts, "or_facts": {}}))
    return ruling.model_copy(update={"when": tuple(conditions)})


def _each_value(fact: Fact) -> Fact:
    """The fact with the patterns that its values share spelt out for each, behind its own."""

    def spelt_out(value: FactValue) -> FactValue:
        shared = (p.replace("<value>", f"<{value.named}>") if value.named else p for p in fact.patterns)
        return value.model_copy(update={"patterns": (*value.patterns, *shared)})

    values = {name: spelt_out(value) for name, value in fact.values.items()}
    return fact.model_copy(update={"patterns": (), "values": values})


def _citations(cited: Iterable[str] | None) -> list[Citation]:
    """'att:5.4@0123456789ab' -> Citation; the hash is written by `kb stamp`."""
    out = []
    for text in cited or ():
        clause, _, stamp = str(text).partition("@")
        out.append(Citation(clause=clause, hash=stamp or None))
    return out


def _explain(fault: Any, model: type[BaseModel]) -> tuple[str, str]:
    """A pydantic fault in a curator's words."""
    name = str(fault["loc"][-1]) if fault["loc"] else model.__name__
    if fault["type"] == "extra_forbidden":
        return f"unknown key {name!r}", did_you_mean(name, model.model_fields, "remove it")
    if fault["type"] == "missing":
        return f"the key {name!r} is missing", "add it"
    if fault["type"] == "enum":
        value = str(fault["input"])
        known = [w.strip(" '") for w in fault["ctx"]["expected"].replace(" or ", ",").split(",")]
        return f"unknown {name} {value!r}", did_you_mean(value, known, f"use one of {', '.join(known)}")
    return f"{name!r}: {fault['msg'].lower()}", "mend the value"
