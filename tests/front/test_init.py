import subprocess
import sys

import pytest

import khabar
from khabar.data.records import Document


def test_the_public_names_are_these():
    assert khabar.__all__ == [
        "Document",
        "Entity",
        "Extractor",
        "KhabarError",
        "LabelSchema",
        "Relation",
        "__version__",
        "load_schema",
    ]


def test_every_public_name_is_there():
    for name in khabar.__all__:
        assert getattr(khabar, name) is not None
        assert name in dir(khabar)
    assert khabar.Document is Document


def test_an_unknown_name_is_an_attribute_error_as_of_any_module():
    with pytest.raises(AttributeError, match="module 'khabar' has no attribute 'Extracter'"):
        khabar.Extracter  # noqa: B018


def test_what_needs_no_model_loads_no_torch():
    code = (
        "import sys, khabar\n"
        "khabar.Document(id='a', text='خبر')\n"
        "khabar.load_schema('wojood')\n"
        "khabar.__version__\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
