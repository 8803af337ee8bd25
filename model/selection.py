"""Selection: which types a user wants, and the least score of each.

Enters: a model's configuration, what a user asked for. Leaves: a least score for every type, above
1 for those that are not wanted. Knows no tensor.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from khabar.data.errors import ConfigError
from khabar.model.config import ModelConfig

Threshold: TypeAlias = float | Mapping[str, float] | None
"""Least score: of everything, by entity and relation type, or the model's own."""

_NEVER = 2.0


class LeastScores(NamedTuple):
    """The least score, 0 to 1, of every type, in the schema's order; above 1: not wanted."""

    entities: tuple[float, ...]
    relations: tuple[float, ...]


def least_scores(
    config: ModelConfig, threshold: Threshold = None, types: Collection[str] | None = None
) -> LeastScores:
    """Return the least score of every type.

    Args:
        config: of the model; its own thresholds hold for what is not said otherwise.
        threshold: one for everything, or by type.
        types: the types wanted. Where only entity types are named, all relations between them are
            wanted; where only relation types are, all entities. None: all.

    Raises:
        ConfigError: a type that the schema lacks.
    """
    schema = config.label_schema
    by_type = threshold if isinstance(threshold, Mapping) else {}
    known = {*schema.entities, *schema.relations}
    for name in (*by_type, *(types or ())):
        if name not in known:
            raise ConfigError(
                f"no type is named {name!r} in schema {schema.name}; it has "
                f"{', '.join((*schema.entities, *schema.relations))}"
            )

    def least(names: Sequence[str], own: float) -> tuple[float, ...]:
        wanted = set(names) & set(types or ()) or set(names)
        common = threshold if isinstance(threshold, int | float) else own
        return tuple(by_type.get(name, common) if name in wanted else _NEVER for name in names)

    return LeastScores(
        least(schema.entity_types, config.entity_threshold),
        least(schema.relation_types, config.relation_threshold),
    )
