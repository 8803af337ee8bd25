"""Optional libraries: one clear sentence where one is needed and not installed."""

from __future__ import annotations

from importlib.util import find_spec

from khabar.data.errors import ConfigError


def require_library(module: str, *, extra: str, purpose: str) -> None:
    """Check that a library is there, before it is imported.

    Args:
        module: the name under which it is imported.
        extra: the extra of this package that installs it.
        purpose: what needs it, as the beginning of a sentence: ``reading .spacy files needs``.

    Raises:
        ConfigError: it is not installed.
    """
    if find_spec(module) is None:
        raise ConfigError(f"{purpose} {module}: pip install 'khabar[{extra}]'")
