"""The heads that weigh topics: a text's scores are its own, however many are asked at once."""

from __future__ import annotations

import numpy as np

from policy_kb.classifier import Classifier, train
from policy_kb.embedding import DIMENSIONS


def test_a_text_s_scores_do_not_depend_on_its_neighbours() -> None:
    texts = [f"may i {verb} a {noun}" for verb in ("post", "share", "like") for noun in ("picture", "story", "joke")]
    vectors = np.random.default_rng(3).normal(size=(len(texts), DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    classify = Classifier(train(texts, [text.split()[2] for text in texts], vectors, lambda step: None))
    together = classify(texts, vectors)
    assert [classify.labels[row.argmax()] for row in together] == [text.split()[2] for text in texts]
    for i, text in enumerate(texts):
        assert (classify([text], vectors[i : i + 1])[0] == together[i]).all()
