"""The tags' shares, with which an untrained tagger begins.

From even odds the many rows of a nested schema have to learn first of all that most words are in no
entity, in steps whose gradients are all clipped, and a joint training spent its first epoch on
that. So their biases begin at the logarithms of the shares (as in Lin et al., 2017). The one row of
a flat schema has no such plateau, and finds more words that it has not seen from even odds.

Enters: training windows, a model. Changes: the tagger's biases.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from khabar.model.joint import JointModel
from khabar.train.targets import Example


def tag_counts(examples: Iterable[Example], rows: int, tags: int) -> NDArray[np.int64]:
    """Return how many words surely have which tag, ``(rows, tags)``.

    Words that a corpus leaves open in a row are not counted there.
    """
    counts = np.zeros((rows, tags), dtype=np.int64)
    for example in examples:
        decided = example.allowed.sum(axis=-1, keepdims=True) == 1
        counts += (example.allowed & decided).sum(axis=0)
    return counts


@torch.no_grad()
def begin_with_shares(model: JointModel, examples: Iterable[Example]) -> None:
    """Let the tagger give every word the tags' shares, each tag counted once more than it occurs.

    A row about which no corpus says anything keeps even odds.
    """
    counts = tag_counts(examples, len(model.rows.rows), model.rows.tags) + 1
    shares = counts / counts.sum(axis=-1, keepdims=True)
    model.tagger.bias.copy_(torch.from_numpy(np.log(shares)).flatten())
