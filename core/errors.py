"""Exception types. A message is one sentence: what failed, its cause, and what is accepted."""


class CvaeError(Exception):
    """Base of the named errors."""


class InputError(CvaeError):
    """Invalid input from the user: a file, a name, a value, a word."""


class TrainingError(CvaeError):
    """A training that cannot continue, for example because its loss is no longer finite."""


class OwnedElsewhereError(CvaeError):
    """A run that another process is writing."""


class Cancelled(CvaeError):
    """A long computation that its caller cancelled."""
