from pathlib import Path

import pytest

from khabar.data.errors import FormatError
from khabar.data.rejected import Rejected, Rejection, StrictRejected


def test_rejections_are_kept_in_order():
    rejected = Rejected()
    rejected.add(Path("a.jsonl"), 3, "has no `text`")
    rejected.add(Path("b.txt"), None, "is odd")
    assert rejected.entries == [
        Rejection(path="a.jsonl", line=3, reason="has no `text`"),
        Rejection(path="b.txt", line=None, reason="is odd"),
    ]
    assert [str(entry) for entry in rejected.entries] == [
        "a.jsonl:3: has no `text`",
        "b.txt: is odd",
    ]


def test_the_strict_ledger_raises_at_the_first_rejection():
    with pytest.raises(FormatError, match=r"^a\.jsonl:3: has no `text`$"):
        StrictRejected().add(Path("a.jsonl"), 3, "has no `text`")
