"""Errors that a user can act on: each is one sentence that says what was found, where, and what to do."""

from __future__ import annotations


class ChoruslineError(Exception):
    """A fault in the input or the request, worded for the person who made it.

    The command line prints the sentence and exits with `exit_code`; nothing else is printed.
    """

    exit_code = 1


class InputError(ChoruslineError):
    """Nothing usable could be read from an input."""

    exit_code = 3


class UsageError(ChoruslineError):
    """The request itself doesn't fit (an unknown trace, a window below zero, a mapping to no column)."""

    exit_code = 2


class CaseError(ChoruslineError):
    """A case folder is missing, incomplete or was not written by Chorusline."""

    exit_code = 4


class VerificationError(ChoruslineError):
    """A case isn't what it says, or can't be made again as it stands."""

    exit_code = 5
