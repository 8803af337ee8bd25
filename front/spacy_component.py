"""spaCy: Khabar as a component of a pipeline, ``nlp.add_pipe("khabar")``.

Enters: ``Doc`` objects of any tokenizer. Leaves: the same, with span groups and relations as
``khabar.data.spacy_docbin`` describes them. spaCy imports this module by itself, through the entry
point of the group ``spacy_factories``; torch loads when the component is added.
"""

# No `from __future__ import annotations`: spaCy reads the factory's annotations to check a config.

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Literal, Optional

import msgspec

from khabar.data.optional import require_library
from khabar.data.spacy_docbin import annotate, register_extensions

require_library("spacy", extra="spacy", purpose="the component needs")

from spacy.language import Language  # noqa: E402 - not before the check
from spacy.tokens import Doc  # noqa: E402

if TYPE_CHECKING:
    from khabar.model.extractor import Extractor

_TEXTS_PER_BATCH = 1_000


class KhabarComponent:
    """Annotates each ``Doc`` with what a model finds in its text, mentions grouped.

    Attributes:
        extractor: what finds them.
    """

    def __init__(self, extractor: "Extractor") -> None:
        """Wrap an extractor."""
        register_extensions()
        self.extractor = extractor

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one ``Doc``."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = _TEXTS_PER_BATCH) -> Iterator[Doc]:
        """Annotate a stream, its texts in batches through the model.

        A record's id is ``doc._.khabar_id`` where it was set, else the number in the stream.

        Args:
            stream: read lazily, a batch at a time.
            batch_size: texts in a batch; the extractor makes batches of windows of them.
        """
        remaining, first = iter(stream), 0
        while docs := list(islice(remaining, batch_size)):
            found = self.extractor.batch(doc.text for doc in docs)
            for number, (doc, document) in enumerate(zip(docs, found, strict=True), start=first):
                id = doc._.khabar_id or str(number)
                annotate(doc, msgspec.structs.replace(document, id=id))
                yield doc
            first += len(docs)


@Language.factory(
    "khabar",
    assigns=["doc.spans", "doc._.khabar", "doc._.khabar_relations"],
    default_config={"model": None, "device": "auto", "precision": "auto"},
)
def create_khabar(
    nlp: Language,
    name: str,
    model: Optional[str],  # noqa: UP045 - pydantic of spaCy 3.8 checks it
    device: str,
    precision: Literal["auto", "fp32", "bf16", "fp16"],
) -> KhabarComponent:
    """Return the component; the arguments after ``name`` are those of ``Extractor.load``.

    Raises:
        ModelError: no such model or device.
    """
    from khabar.model.extractor import Extractor

    return KhabarComponent(Extractor.load(model, device=device, precision=precision))
