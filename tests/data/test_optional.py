import pytest

from khabar.data.errors import ConfigError
from khabar.data.optional import require_library


def test_a_missing_library_is_named_with_its_extra():
    require_library("json", extra="none", purpose="nothing needs")
    with pytest.raises(ConfigError) as raised:
        require_library("no_such_library", extra="some", purpose="these files need")
    assert str(raised.value) == "these files need no_such_library: pip install 'khabar[some]'"
