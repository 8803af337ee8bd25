"""What the rules bring together, as texts, so that a test can be read."""

from __future__ import annotations

from khabar.data.clusters import with_clusters
from khabar.data.records import Document


def groups(document: Document) -> list[list[str]]:
    """Return the texts of each cluster of two mentions and more, in the order of the text."""
    found: dict[str | None, list[str]] = {}
    for entity in sorted(with_clusters(document).entities, key=lambda e: (e.start, -e.end)):
        found.setdefault(entity.cluster, []).append(entity.text)
    found.pop(None, None)
    return [texts for texts in found.values() if len(texts) > 1]
