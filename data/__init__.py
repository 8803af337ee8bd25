"""Data: the record, its label schemas, and the files that documents come from and go to.

Importing this loads neither torch nor pyarrow.
"""

from khabar.data.augment import AugmentConfig, augmented
from khabar.data.conll import read_conll, write_conll
from khabar.data.embedded import Corpus, load_corpus
from khabar.data.errors import (
    ConfigError,
    FormatError,
    KhabarError,
    ModelError,
    RecordError,
    SchemaError,
)
from khabar.data.formats import FORMATS, read_documents, write_documents
from khabar.data.inline import read_inline, write_inline
from khabar.data.jsonl import encode_document, read_jsonl, write_jsonl
from khabar.data.parquet import read_parquet, write_parquet
from khabar.data.plain import read_plain
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, Rejection, StrictRejected
from khabar.data.schema import LabelSchema, RelationRule, check_document, cut_words, load_schema
from khabar.data.validate import Validator, widen_to_words
from khabar.data.words import Span, split_words

__all__ = [
    "FORMATS",
    "AugmentConfig",
    "Corpus",
    "ConfigError",
    "Document",
    "Entity",
    "FormatError",
    "KhabarError",
    "LabelSchema",
    "ModelError",
    "RecordError",
    "Rejected",
    "Rejection",
    "Relation",
    "RelationRule",
    "SchemaError",
    "Span",
    "StrictRejected",
    "Validator",
    "augmented",
    "check_document",
    "cut_words",
    "encode_document",
    "load_corpus",
    "load_schema",
    "read_conll",
    "read_documents",
    "read_inline",
    "read_jsonl",
    "read_parquet",
    "read_plain",
    "split_words",
    "widen_to_words",
    "write_conll",
    "write_documents",
    "write_inline",
    "write_jsonl",
    "write_parquet",
]
