"""Errors that a user can cause, one class per cause.

The command line prints their text on one line and ends with ``exit_code``; Python callers can catch
`CorelateError` for all of them. A message says what was given, what is allowed and what to do.
"""


class CorelateError(Exception):
    """Base of every error that corelate raises on purpose."""

    exit_code = 2


class OptionError(CorelateError):
    """An option, argument or registered name is wrong."""


class RecipeError(CorelateError):
    """A recipe has one or more problems; all of them are in the message, one a line."""


class DataError(CorelateError):
    """A data set can't be read, or holds problems that `strict` makes fatal."""


class VocabularyError(DataError):
    """A vocabulary is empty, repeats a label, or does not fit what it is used with."""


class ImageReadError(DataError):
    """A picture can't be read safely: missing, damaged, too large, or not what its name says."""


class ScoresError(CorelateError):
    """Scores or targets have the wrong shape, range or type."""


class EmbeddingError(CorelateError):
    """Word or label vectors can't be read, or do not fit the vocabulary."""


class WeightsError(CorelateError):
    """A weights file is missing, damaged, or does not fit the network."""


class RunError(CorelateError):
    """A run folder is missing, unfinished, in use, or would be overwritten."""


class BundleError(CorelateError):
    """An annotator bundle is missing, damaged or from an unknown version."""


class GraphError(CorelateError):
    """A label graph or a file of label counts is damaged, of an unknown form, or about other labels."""


class MissingExtraError(CorelateError):
    """A command needs packages of an optional extra that are not installed."""
