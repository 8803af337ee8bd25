"""Raw articles of the tests' own, enough to train a vocabulary and to mask words in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.newsroom import COUNTRIES, FIRST_NAMES, LAST_NAMES
from tests.tiny import SENTENCES


def raw_texts(count: int, seed: int = 1) -> list[str]:
    """Return articles of a few sentences, some of them with names in them; no two are alike."""
    draw = random.Random(seed)
    return [_article(number, draw) for number in range(count)]


def _article(number: int, draw: random.Random) -> str:
    names = (draw.choice(names) for names in (FIRST_NAMES, LAST_NAMES, COUNTRIES))
    sentences = (draw.choice(SENTENCES) for _ in range(draw.randint(1, 4)))
    return " ".join([f"المقال {number} ,", *sentences, "زار", *names, "."])


def write_raw(path: Path, texts: Sequence[str]) -> Path:
    """Write articles as JSON lines of ``id`` and ``text``."""
    lines = [msgspec.json.encode({"id": str(n), "text": text}) for n, text in enumerate(texts)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path
