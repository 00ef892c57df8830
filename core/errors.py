"""The few ways in which this program says no, each with a sentence that a user can act on."""


class CvaeError(Exception):
    """Base of the named errors: one sentence that says what is wrong, where, and what would do."""


class InputError(CvaeError):
    """What the user gave cannot be used: a file, a name, a value, a word."""


class TrainingError(CvaeError):
    """A training could not go on, for example because its loss is no longer finite."""


class OwnedElsewhereError(CvaeError):
    """Another process is writing this run."""


class Cancelled(CvaeError):
    """A long computation was given up because its caller asked for that."""
