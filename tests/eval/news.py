"""Two articles with gold, and a prediction with an error of every kind."""

from __future__ import annotations

import msgspec

from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.analysis import Analysis, analyse
from khabar.eval.learning import LearningCurves
from khabar.eval.predictions import Predictions
from tests.marked import marked

GOLD = (
    marked(
        "قال ⟨1:PERS|زيد⟩ من ⟨2:ORG|بنك ⟨3:GPE|مصر⟩⟩ و⟨4:PERS|عمرو⟩ في ⟨5:GPE|تونس⟩ <b> & أمس",
        "1 works_for 2", id="a",
    ),
    marked("تحد ⟨1:GPE|ليبيا⟩ دولة ⟨2:GPE|مصر⟩", "1 borders 2", id="b"),
)  # fmt: skip
FOUND = (
    marked(
        "قال ⟨1:PERS|زيد⟩ من ⟨2:ORG|بنك ⟨3:ORG|مصر⟩⟩ و⟨4:PERS|عمرو في⟩ ⟨5:ORG|تونس⟩ "
        "⟨6:GPE|<⟩b> & أمس",
        "1 works_for 2", "1 works_for 3", id="a",
    ),
    marked("تحد ⟨1:GPE|ليبيا⟩ دولة مصر", id="b"),
)  # fmt: skip


def predictions(schema: LabelSchema, found: tuple[Document, ...] = FOUND) -> Predictions:
    """The prediction with scores, and gold's entities with one of its relations."""
    scored = [
        msgspec.structs.replace(
            document,
            entities=tuple(msgspec.structs.replace(e, score=0.75) for e in document.entities),
            relations=tuple(msgspec.structs.replace(r, score=0.5) for r in document.relations),
        )
        for document in found
    ]
    given = [GOLD[0], msgspec.structs.replace(GOLD[1], relations=())]
    return Predictions(schema=schema, gold=GOLD, predicted=scored, given_gold=given)


def full_analysis(schema: LabelSchema) -> Analysis:
    """An analysis that has something to say in every section."""
    curves = LearningCurves(
        losses={"tag_loss": [(1, 2.0), (2, 1.0)], "relation_loss": [(1, 3.0), (2, 1.5)]},
        dev={"dev_entities_strict_f1": [(2, 0.5)], "dev_relation_threshold": [(2, 0.3)]},
    )
    return analyse(predictions(schema), train=[GOLD[1]], learning=curves)
