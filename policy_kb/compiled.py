"""The knowledge base compiled for answering: loaded from a cache when nothing changed, else trained anew.

The cache holds numbers and names only (a NumPy archive and JSON, nothing executable) and is keyed by the digests of
the data, the embedder and this code's version; a damaged cache is thrown away and rebuilt.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from policy_kb import checks, danger, loader
from policy_kb.classifier import Classifier, Weights, give_back, train, train_meaning
from policy_kb.embedding import DIMENSIONS, EMBEDDER_FOLDER, HEADLINE_FILE, Embedder, EmbedderUnusable, Vectors
from policy_kb.features import Vectoriser
from policy_kb.headline import Headline
from policy_kb.issues import KnowledgeBaseFaulty
from policy_kb.model import KnowledgeBase
from policy_kb.normalise import Normaliser, clean, words
from policy_kb.reading import BACKGROUND
from policy_kb.resolver import Resolver
from policy_kb.search import ClauseSearch, clause_texts

Progress = Callable[[str], None]
Compiled = tuple[Weights, dict[str, Vectors], Vectors | None]
"""Topic heads, the clauses' vectors of each policy, and the head that notices risk (None without a sentence model)."""

_LEARNING_CODE = (
    "classifier.py",
    "embedding.py",
    "features.py",
    "normalise.py",
    "danger.py",
    "compiled.py",
    "precedents.py",
)
_READING_CODE = ("model.py", "base.py", "procedures.py", "loader.py", "checks.py")
_NOT_LEARNT = frozenset({"rulings.yaml", "policy.yaml", "procedures", "facts.yaml", "named.yaml", "mentions.yaml"})
"""Data that changes what is answered but not what is recognised: editing it does not train anew."""

_CHUNK = 64
_EVERY = 4
"""Every fourth example and worked question stands for the ordinary ones when the head that notices risk is trained."""

_CLAUSES = "clauses-"
_ARRAYS = ("lexical", "support", "kernel", "logistic", "bias")


@dataclass(frozen=True)
class Ready:
    """A knowledge base that can answer. health: one line on what works, for people and probes."""

    knowledge: KnowledgeBase
    resolver: Resolver
    search: ClauseSearch
    version: str
    health: str


def training_texts(knowledge: KnowledgeBase) -> list[tuple[str, str]]:
    """(phrasing, label) of every topic and of the background groups."""
    topics = [(e, topic.slug) for topic in knowledge.topics.values() for e in topic.examples]
    others = [
        (p, f"{BACKGROUND}{group}")
        for group, subjects in knowledge.background.items()
        for phrasings in subjects.values()
        for p in phrasings
    ]
    return topics + others


def build_normaliser(knowledge: KnowledgeBase, root: Path = loader.DATA_FOLDER) -> Normaliser:
    """The normaliser with the vocabulary of the well-spelt examples and the clauses.

    Typed and asked examples are misspelt on purpose: their words must not count as known.
    """
    vocabulary: Counter[str] = Counter()
    for topic in knowledge.topics.values():
        for text in (topic.title, *topic.phrasings, *topic.situations):
            vocabulary.update(words(text))
    for policy in knowledge.policies.values():
        for clause in policy.clauses.values():
            vocabulary.update(words(clause.text))
    return Normaliser(knowledge.lexicon, vocabulary, loader.read_english(root))


def prepare(
    cache: Path,
    root: Path = loader.DATA_FOLDER,
    embedder_folder: Path = EMBEDDER_FOLDER,
    progress: Progress = lambda step: None,
) -> Ready:
    """Load or compile. Raises KnowledgeBaseFaulty; an unusable embedder only degrades to words alone."""
    embedder, note = _embedder(embedder_folder)
    version = _version(loader.data_digest(root), embedder, (*_LEARNING_CODE, *_READING_CODE))
    learnt = _version(loader.data_digest(root, _NOT_LEARNT), embedder, _LEARNING_CODE)
    archive, text = cache / f"learnt-{learnt[:16]}.npz", cache / f"kb-{version[:16]}.json"
    stored = _read_knowledge(text)
    knowledge = stored or _load_checked(root, progress)
    normaliser = build_normaliser(knowledge, root)
    headline = Headline.read(embedder_folder / HEADLINE_FILE) if embedder else None
    compiled = _read_compiled(archive)
    if compiled is None:
        compiled = _compile(knowledge, normaliser, embedder, headline, progress)
        _keep(archive, lambda path: _write_compiled(path, *compiled))
        give_back()
    if stored is None:
        _keep(text, lambda path: path.write_text(knowledge.model_dump_json(by_alias=True), encoding="utf-8"))
    weights, vectors, risk = compiled
    search = ClauseSearch(knowledge, normaliser, embedder, vectors)
    resolver = Resolver(knowledge, normaliser, Classifier(weights), embedder, risk, headline)
    health = (
        f"ready: {len(knowledge.policies)} policies, {len(knowledge.topics)} topics, version {version[:12]}; {note}"
    )
    return Ready(knowledge, resolver, search, version, health)


def _embedder(folder: Path) -> tuple[Embedder | None, str]:
    try:
        return Embedder(folder), "sentence model in use"
    except EmbedderUnusable as error:
        return None, f"degraded, working on words alone: {error}"


def _version(data: str, embedder: Embedder | None, files: tuple[str, ...]) -> str:
    here = Path(__file__).parent
    code = "".join(sha256((here / name).read_bytes()).hexdigest() for name in files)
    return sha256(f"{data}{embedder.digest if embedder else '-'}{code}".encode()).hexdigest()


def _load_checked(root: Path, progress: Progress) -> KnowledgeBase:
    progress("reading the policies")
    knowledge = loader.load(root)
    faults = checks.run(knowledge)
    if faults:
        raise KnowledgeBaseFaulty(faults)
    return knowledge


def _compile(
    knowledge: KnowledgeBase,
    normaliser: Normaliser,
    embedder: Embedder | None,
    headline: Headline | None,
    progress: Progress,
) -> Compiled:
    pairs = training_texts(knowledge)
    texts, labels = [normaliser(clean(text)) for text, _ in pairs], [label for _, label in pairs]
    if embedder is None or headline is None:
        return train(texts, labels, None, progress), {}, None
    progress(f"sentences: {len(texts):,} phrasings")
    vectors = _embed_all(embedder, texts)
    progress("clauses, and the head that notices risk")
    clauses = {p.id: _embed_all(embedder, clause_texts(p, normaliser)) for p in knowledge.policies.values()}
    risk, calm = ([normaliser(clean(text)) for text in texts] for texts in (knowledge.risk, knowledge.calm))
    ordinary = np.vstack([vectors[::_EVERY], headline.no_duty(_EVERY)])
    noticing = danger.train(_embed_all(embedder, risk), _embed_all(embedder, calm), ordinary)
    del ordinary  # before the next takes as much, as is the order of all: what is large is made last and alone
    meaning = train_meaning(labels, vectors, progress)
    del vectors
    give_back()
    return train(texts, labels, meaning, progress), clauses, noticing


def _embed_all(embedder: Embedder, texts: list[str]) -> Vectors:
    """Every text's vector; on as many threads as there are processors, which the answers are not."""
    out = np.empty((len(texts), DIMENSIONS), np.float32)

    def embed(start: int) -> None:
        out[start : start + _CHUNK] = embedder(texts[start : start + _CHUNK])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(embed, range(0, len(texts), _CHUNK)))
    return out


def _read_knowledge(path: Path) -> KnowledgeBase | None:
    try:
        return KnowledgeBase.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None


def _read_compiled(path: Path) -> Compiled | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _ARRAYS}
            names = json.loads(bytes(archive["names"]).decode())
            risk = archive["risk"] if archive["risk"].size else None
            idf = archive["idf"]
            vectors = {
                name.removeprefix(_CLAUSES): archive[name] for name in archive.files if name.startswith(_CLAUSES)
            }
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    index = {feature: i for i, feature in enumerate(names["features"])}
    return Weights(labels=tuple(names["labels"]), vectoriser=Vectoriser(index, idf), **arrays), vectors, risk


def _write_compiled(path: Path, weights: Weights, vectors: dict[str, Vectors], risk: Vectors | None) -> None:
    names = {"labels": weights.labels, "features": list(weights.vectoriser.index)}
    arrays = {name: getattr(weights, name) for name in _ARRAYS}
    arrays |= {f"{_CLAUSES}{policy}": array for policy, array in vectors.items()}
    arrays |= {"idf": weights.vectoriser.idf, "names": np.frombuffer(json.dumps(names).encode(), np.uint8)}
    arrays |= {"risk": np.zeros(0, np.float32) if risk is None else risk}
    np.savez(path, **arrays)


def _keep(path: Path, write: Callable[[Path], object]) -> None:
    """Replace the cache file of this kind, whole or not at all; a failure costs only the next start's time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f"{path.name.split('-')[0]}-*"):
            old.unlink()
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            fresh = Path(folder) / path.name
            write(fresh)
            os.replace(fresh, path)
    except OSError:
        return
