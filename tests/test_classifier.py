"""The heads that weigh topics: a text's scores are its own, however many are asked at once."""

from __future__ import annotations

import numpy as np

from policy_kb.classifier import Classifier, train, train_meaning
from policy_kb.embedding import DIMENSIONS


def test_a_text_s_scores_do_not_depend_on_its_neighbours() -> None:
    texts = [f"may i {verb} a {noun}" for verb in ("post", "share", "like") for noun in ("picture", "story", "joke")]
    vectors = np.random.default_rng(3).normal(size=(len(texts), DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = [text.split()[2] for text in texts]
    classify = Classifier(train(texts, labels, train_meaning(labels, vectors, print), print))
    together = classify(texts, vectors)
    assert [classify.labels[row.argmax()] for row in together] == labels
    for i, text in enumerate(texts):
        assert (classify([text], vectors[i : i + 1])[0] == together[i]).all()
