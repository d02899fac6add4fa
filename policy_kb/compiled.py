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

from policy_kb import checks, loader
from policy_kb.classifier import Classifier, Weights, train
from policy_kb.embedding import EMBEDDER_FOLDER, Embedder, EmbedderUnusable, Vectors
from policy_kb.features import Vectoriser
from policy_kb.issues import KnowledgeBaseFaulty
from policy_kb.model import KnowledgeBase
from policy_kb.normalise import Normaliser, clean, words
from policy_kb.resolver import BACKGROUND, Resolver
from policy_kb.search import ClauseSearch, clause_texts

Progress = Callable[[str], None]
Compiled = tuple[Weights, dict[str, Vectors]]

_CODE = ("classifier.py", "features.py", "normalise.py", "model.py", "loader.py", "compiled.py")
_CHUNK = 256
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
    version = _version(root, embedder)
    stored = cache / f"kb-{version[:16]}"
    knowledge = _read_knowledge(stored) or _load_checked(root, progress)
    normaliser = build_normaliser(knowledge, root)
    compiled = _read_compiled(stored)
    if compiled is None:
        compiled = _compile(knowledge, normaliser, embedder, progress)
        _store(cache, stored, knowledge, compiled)
    weights, vectors = compiled
    search = ClauseSearch(knowledge, normaliser, embedder, vectors)
    resolver = Resolver(knowledge, normaliser, Classifier(weights), embedder)
    health = (
        f"ready: {len(knowledge.policies)} policies, {len(knowledge.topics)} topics, version {version[:12]}; {note}"
    )
    return Ready(knowledge, resolver, search, version, health)


def _embedder(folder: Path) -> tuple[Embedder | None, str]:
    try:
        return Embedder(folder), "sentence model in use"
    except EmbedderUnusable as error:
        return None, f"degraded, working on words alone: {error}"


def _version(root: Path, embedder: Embedder | None) -> str:
    here = Path(__file__).parent
    code = "".join(sha256((here / name).read_bytes()).hexdigest() for name in _CODE)
    return sha256(f"{loader.data_digest(root)}{embedder.digest if embedder else '-'}{code}".encode()).hexdigest()


def _load_checked(root: Path, progress: Progress) -> KnowledgeBase:
    progress("reading the policies")
    knowledge = loader.load(root)
    faults = checks.run(knowledge)
    if faults:
        raise KnowledgeBaseFaulty(faults)
    return knowledge


def _compile(
    knowledge: KnowledgeBase, normaliser: Normaliser, embedder: Embedder | None, progress: Progress
) -> Compiled:
    pairs = training_texts(knowledge)
    texts = [normaliser(clean(text)) for text, _ in pairs]
    progress(f"sentences: {len(texts):,} phrasings")
    vectors = _embed_all(embedder, texts) if embedder else None
    weights = train(texts, [label for _, label in pairs], vectors, progress)
    if embedder is None:
        return weights, {}
    progress("clauses")
    return weights, {p.id: embedder(clause_texts(p, normaliser)) for p in knowledge.policies.values()}


def _embed_all(embedder: Embedder, texts: list[str]) -> Vectors:
    """Every text's vector; on as many threads as there are processors, which the answers are not."""
    chunks = [texts[i : i + _CHUNK] for i in range(0, len(texts), _CHUNK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(embedder, chunks)))


def _read_knowledge(stored: Path) -> KnowledgeBase | None:
    try:
        return KnowledgeBase.model_validate_json((stored.with_suffix(".json")).read_bytes())
    except (OSError, ValueError):
        return None


def _read_compiled(stored: Path) -> Compiled | None:
    try:
        with np.load(stored.with_suffix(".npz"), allow_pickle=False) as archive:
            arrays = {name: archive[name].astype(np.float32) for name in _ARRAYS}
            names = json.loads(bytes(archive["names"]).decode())
            idf = archive["idf"]
            vectors = {
                name.removeprefix(_CLAUSES): archive[name] for name in archive.files if name.startswith(_CLAUSES)
            }
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    index = {feature: i for i, feature in enumerate(names["features"])}
    return Weights(labels=tuple(names["labels"]), vectoriser=Vectoriser(index, idf), **arrays), vectors


def _store(cache: Path, stored: Path, knowledge: KnowledgeBase, compiled: Compiled) -> None:
    """Write both files whole or not at all; a cache that cannot be written costs only the next start's time."""
    weights, vectors = compiled
    names = {"labels": weights.labels, "features": list(weights.vectoriser.index)}
    arrays = {name: getattr(weights, name).astype(np.float16 if name == "lexical" else np.float32) for name in _ARRAYS}
    arrays |= {f"{_CLAUSES}{policy}": array for policy, array in vectors.items()}
    arrays |= {"idf": weights.vectoriser.idf, "names": np.frombuffer(json.dumps(names).encode(), np.uint8)}
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for old in cache.glob("kb-*"):
            old.unlink()
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            archive, text = Path(folder) / "w.npz", Path(folder) / "k.json"
            np.savez(archive, **arrays)
            text.write_text(knowledge.model_dump_json(), encoding="utf-8")
            os.replace(archive, stored.with_suffix(".npz"))
            os.replace(text, stored.with_suffix(".json"))
    except OSError:
        return
