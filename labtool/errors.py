"""The one error that `./lab` shows without a traceback."""


class LabError(Exception):
    """Something the user has to know: what failed, what state that leaves, what to do next."""
