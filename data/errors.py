"""The errors that Khabar raises on purpose, one small family.

Each is worded where it is raised, names the file, line or field and the mend, and is shown by the
command line as one sentence. They are ``ValueError``s, so that msgspec adds the path to one that
is raised while a record or a configuration is decoded.
"""


class KhabarError(ValueError):
    """Anything wrong with the input, the configuration or a model that a user can mend."""


class RecordError(KhabarError):
    """A document that breaks the rules of the record itself."""


class SchemaError(KhabarError):
    """A label schema that is malformed, or a document that breaks it."""


class FormatError(KhabarError):
    """A file that does not follow the format it is read as."""


class LineError(FormatError):
    """What is wrong on a line of a file, for the reader that knows which file."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line
        """Counted from 1."""


class ConfigError(KhabarError):
    """A run configuration with unknown, missing or impossible values."""


class ModelError(KhabarError):
    """A model folder that cannot be used: incomplete, of another version, or of another kind."""
