"""The card of a trained model."""

from __future__ import annotations

from khabar.train.card import model_card
from khabar.train.config import CorpusConfig, RunConfig

CONFIG = RunConfig(
    name="my-model",
    output="runs/my",
    encoder="/somewhere/aubmindlab/bert-base-arabertv02",
    corpora=(CorpusConfig(path="/home/someone/news/train.jsonl", weight=0.5, share=(0, 0.9)),),
)


def test_a_card_says_what_the_model_was_made_of():
    card = model_card(CONFIG, None)
    assert card.startswith("# my-model\n")
    assert "- Encoder it started from: `bert-base-arabertv02`" in card
    assert "- `train.jsonl`, weight 0.5, documents 0% to 90%" in card
    assert "There was no dev part: this is the last model of the run." in card


def test_a_card_tells_no_folder_of_whoever_trained():
    card = model_card(CONFIG, None)
    assert "/somewhere" not in card
    assert "/home" not in card
