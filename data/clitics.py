"""Clitics: the particles that Arabic writes onto the first word of a mention.

``وفرنسا`` is *and France*, ``بالكويت`` *in Kuwait*, ``للتحالف`` *for the coalition*. Whether the
first letter is a particle or belongs to the name cannot be told from the word alone: it is one
where the rest is a name, too, among the names that are known.
"""

from __future__ import annotations

from collections.abc import Set

_CLITICS = ("وب", "ول", "وك", "فب", "فل", "و", "ف", "ب", "ل", "ك")
_ARTICLE = "ال"


def split_clitics(mention: str, known: Set[str]) -> tuple[str, str]:
    """Return the particles before a mention and the mention without them.

    Args:
        mention: the text of a mention.
        known: texts of mentions of the same type; where none is the rest, nothing is split.

    Returns:
        The particles, empty for none, and the bare mention. ``للتحالف`` gives ``ل``, ``التحالف``.
    """
    for clitic in _CLITICS:
        if not mention.startswith(clitic):
            continue
        rest = mention[len(clitic) :]
        bare = [rest]
        if clitic.endswith("ل") and rest.startswith("ل"):
            bare = [_ARTICLE + rest[1:], _ARTICLE + rest, rest]  # للتحالف, للاذقية, لليبيا
        for name in bare:
            if name in known:
                return clitic, name
    return "", mention


def join_clitics(clitic: str, mention: str) -> str:
    """Return a mention with particles before it: ``ل`` and ``التحالف`` give ``للتحالف``.

    Never three ``ل``: ``ل`` and ``اللاذقية`` give ``للاذقية``.
    """
    if clitic.endswith("ل") and mention.startswith(_ARTICLE):
        return clitic + "ل" + mention[len(_ARTICLE) :].removeprefix("ل")
    return clitic + mention
