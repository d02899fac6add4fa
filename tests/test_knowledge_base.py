"""The knowledge base refuses faulty data with file, line and cure, all at once; and degrades without its model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from bot.core import Bot
from policy_kb import checks, loader, stamp
from policy_kb.compiled import build_normaliser, prepare
from policy_kb.embedding import EMBEDDER_FOLDER, TOKENIZER_FILE, Embedder, EmbedderUnusable
from policy_kb.issues import KnowledgeBaseFaulty
from policy_kb.model import KnowledgeBase, Verdict


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    return loader.load()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the data folder that a test may spoil."""
    return Path(shutil.copytree(loader.DATA_FOLDER, tmp_path / "data"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(data: Path) -> list[str]:
    try:
        return [str(issue) for issue in checks.run(loader.load(data))]
    except KnowledgeBaseFaulty as error:
        return [str(issue) for issue in error.issues]


def test_the_shipped_data_is_sound(kb: KnowledgeBase) -> None:
    assert checks.run(kb) == []


def test_it_is_as_broad_as_promised(kb: KnowledgeBase) -> None:
    assert set(kb.policies) == {"agora", "tlt", "gcc", "att"}
    assert len(kb.topics) >= 110
    assert sum(map(len, kb.background.values())) >= 200
    assert all(16 <= len(topic.phrasings) <= 24 for topic in kb.topics.values())
    assert all(set(policy.rulings) == set(kb.topics) for policy in kb.policies.values())


def rulings(policy: str) -> str:
    return f"policies/{policy}/rulings.yaml"


def unknown_clause(data: Path) -> str:
    edit(data / rulings("att"), '"att:5.4@', '"att:5.44@')
    return "unknown clause 'att:5.44'"


def changed_clause(data: Path) -> str:
    edit(data / "policies/agora/agora.yaml", "should not respond without written approval", "may respond")
    return "agora:5.2 has changed since this ruling was made; read the clause again"


def missing_topic(data: Path) -> str:
    edit(data / rulings("gcc"), "\n  friend-pupil:\n", "\n  friend-pupils:\n")
    return "no ruling on topic 'friend-pupil'"


def misspelt_key(data: Path) -> str:
    edit(data / rulings("gcc"), "    verdict: ", "    verdit: ")
    return "unknown key 'verdit'; did you mean 'verdict'?"


def misspelt_verdict(data: Path) -> str:
    edit(data / rulings("gcc"), "verdict: not_allowed", "verdict: not_alowed")
    return "unknown verdict 'not_alowed'; did you mean 'not_allowed'?"


def duplicate_key(data: Path) -> str:
    edit(data / "topics/press.yaml", "\nphrasings:", '\ntitle: "Twice"\nphrasings:')
    return "topics/press.yaml:"


def duplicate_phrasing(data: Path) -> str:
    text = (data / "topics/press.yaml").read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if line.startswith('- "'))
    edit(data / "topics/wikipedia.yaml", "phrasings:\n", f"phrasings:\n{first}\n")
    return "the same phrasing stands at"


def broken_yaml(data: Path) -> str:
    edit(data / "facts.yaml", "values:", "values: [")
    return "not YAML"


def one_word_for_a_list(data: Path) -> str:
    edit(data / "named.yaml", "authority:\n", "deputy:\n  words: vice\nauthority:\n")
    return "named.yaml:3: 'words'"


def words_never_named(data: Path) -> str:
    edit(data / "facts.yaml", "what if the <authority>", "what if the <autority>")
    return "no words are named <autority>"


def value_without_words_for_shared_patterns(data: Path) -> str:
    edit(data / "facts.yaml", "      named: the_ceo\n", "")
    return "no words are named <value>"


def claim_made_permission(data: Path) -> str:
    text = (data / rulings("att")).read_text(encoding="utf-8")
    at = text.index('facts: {permission: "yes"}')
    place = text.index("verdict: allowed_if", at)
    changed = text[:place] + "verdict: allowed" + text[place + len("verdict: allowed_if") :]
    (data / rulings("att")).write_text(changed, encoding="utf-8")
    return "a claim (permission) gives `allowed`"


def permitting_aspect(data: Path) -> str:
    edit(
        data / rulings("att"),
        '- verdict: advised_against\n      say: "You should not share your passwords',
        '- verdict: allowed_if\n      say: "You should not share your passwords',
    )
    return "an aspect permits"


def condition_behind_a_wider_one(data: Path) -> str:
    edit(
        data / rulings("agora"),
        '    - facts: {permission: "yes", role: central}',
        '    - facts: {role: central}\n      verdict: not_allowed\n      say: "No."\n'
        '    - facts: {permission: "yes", role: central}',
    )
    return "a condition on {'permission': 'yes', 'role': 'central'} never holds"


def other_facts_unknown(data: Path) -> str:
    edit(data / rulings("att"), 'or_facts: {permission: "yes"}', 'or_facts: {permision: "yes"}')
    return "unknown fact 'permision'; did you mean 'permission'?"


def other_facts_behind_a_wider_condition(data: Path) -> str:
    edit(data / rulings("att"), 'or_facts: {permission: "yes"}', 'or_facts: {permission: "yes", site_approved: "yes"}')
    return "never holds"


def lifting_fact_without_a_question(data: Path) -> str:
    edit(data / "facts.yaml", '  question: "Has this site, group or service been approved already?"\n', "")
    return "'site_approved' may lift it and cannot be asked for"


def lifting_fact_heard_at_its_mention(data: Path) -> str:
    edit(
        data / "facts.yaml",
        '      label: "Yes, it is approved"\n      claim: true\n',
        '      label: "Yes, it is approved"\n',
    )
    return "'site_approved' may lift it and is heard at its mere mention"


def misspelt_key_of_a_fact(data: Path) -> str:
    edit(data / "facts.yaml", "  excuse: true\n", "  excuses: true\n")
    return "unknown key 'excuses'; did you mean 'excuse'?"


def excuse_neither_true_nor_false(data: Path) -> str:
    edit(data / "facts.yaml", "  excuse: true\n", "  excuse: often\n")
    return "'excuse': input should be a valid boolean"


@pytest.mark.parametrize(
    "spoil",
    [
        misspelt_key_of_a_fact,
        excuse_neither_true_nor_false,
        lifting_fact_without_a_question,
        lifting_fact_heard_at_its_mention,
        other_facts_unknown,
        other_facts_behind_a_wider_condition,
        unknown_clause,
        changed_clause,
        missing_topic,
        misspelt_key,
        misspelt_verdict,
        duplicate_key,
        duplicate_phrasing,
        broken_yaml,
        words_never_named,
        value_without_words_for_shared_patterns,
        one_word_for_a_list,
        claim_made_permission,
        permitting_aspect,
        condition_behind_a_wider_one,
    ],
)
def test_a_fault_is_named_with_place_and_cure(data: Path, spoil: Callable[[Path], str]) -> None:
    expected = spoil(data)
    found = faults(data)
    assert any(expected in fault for fault in found), found[:5]
    assert all(":" in fault.split(" ")[0] for fault in found)


def test_all_faults_come_at_once(data: Path) -> None:
    expected = [unknown_clause(data), changed_clause(data)]
    found = faults(data)
    assert all(any(e in fault for fault in found) for e in expected)


def test_nothing_is_answered_from_faulty_data(data: Path, tmp_path: Path) -> None:
    changed_clause(data)
    with pytest.raises(KnowledgeBaseFaulty):
        prepare(tmp_path / "cache", root=data)


def test_stamping_renews_a_changed_clause_only_when_accepted(data: Path) -> None:
    changed_clause(data)
    assert stamp.stamp(data) == []
    assert faults(data)
    assert stamp.stamp(data, accept=True)
    assert faults(data) == []


def test_the_model_is_the_one_it_was_measured_with() -> None:
    embed = Embedder()
    near, far = (
        embed(["can i add a pupil on facebook", "is it ok to friend a student online"])
        @ embed(["can i add a pupil on facebook", "what time is lunch"]).T
    )
    assert near[0] == pytest.approx(1, abs=1e-3)
    assert far[0] > 0.3
    assert near[1] < 0.2


def test_a_text_s_vector_does_not_depend_on_its_neighbours() -> None:
    embed = Embedder()
    together = embed(["short", "a much longer sentence that would be padded beside the short one"])
    assert (together[0] == embed(["short"])[0]).all()


def test_a_word_s_tokens_do_not_depend_on_what_stands_beside_it(kb: KnowledgeBase) -> None:
    """What lets the embedder remember words, and never texts."""
    tokenizer = Tokenizer.from_file(str(EMBEDDER_FOLDER / TOKENIZER_FILE))
    tokenizer.no_padding()
    normalise = build_normaliser(kb)

    def tokens(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    for topic in kb.topics.values():
        for example in map(normalise, topic.examples):
            assert tokens(example) == [token for word in example.split() for token in tokens(word)]


def test_the_pieces_of_a_message_are_read_in_one_pass_each_in_its_place() -> None:
    embed = Embedder()
    read = embed.read(["can i add a pupil on facebook ?", "and what time is lunch ?"])
    assert read.pieces.shape == (2, 384)
    alone = embed(["is it ok to friend a student online", "when do we eat"])
    assert (read.pieces @ alone.T).argmax(axis=1).tolist() == [0, 1]
    assert (embed.read(["what time is lunch"]).whole == embed(["what time is lunch"])[0]).all()
    endless = embed.read(["can i add a pupil on facebook ? " * 40, "and what time is lunch ?"])
    assert np.isfinite(endless.pieces).all()  # what is too long to be read still has a place
    behind = embed.read(["and what time is lunch ?"], before="can i add a pupil on facebook ? " * 40)
    assert behind.whole @ embed(["when do we eat"])[0] > behind.whole @ embed(["can i friend a pupil"])[0]


def test_an_altered_model_is_not_used_and_health_says_so(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EMBEDDER_FOLDER, tmp_path / "embedder"))
    model = next(folder.glob("*.onnx"))
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    with pytest.raises(EmbedderUnusable, match="SHA256SUMS"):
        Embedder(folder)
    ready = prepare(tmp_path / "cache", embedder_folder=folder)
    assert "degraded" in ready.health
    assert Bot(ready).ask("tlt", "Can I add a pupil on Facebook?").answer.verdict is Verdict.NOT_ALLOWED


def test_a_damaged_cache_is_rebuilt(tmp_path: Path) -> None:
    folder = tmp_path / "no-model"
    first = prepare(tmp_path, embedder_folder=folder)
    for file in tmp_path.glob("kb-*"):
        file.write_bytes(b"garbage")
    assert prepare(tmp_path, embedder_folder=folder).version == first.version
