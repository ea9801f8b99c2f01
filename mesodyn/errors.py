"""What mesodyn says when it stops: one line that names the argument, the demand, the value and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

MANY = 8
"""Of more names than this, a message gives the nearest first."""


class MesodynError(Exception):
    """Anything mesodyn refuses or can't finish; `exit_code` is the command line's."""

    exit_code = 1


class InputError(MesodynError, ValueError):
    """An argument is not what it must be (exit code 2).

    The message is one line: ``argument must be DEMAND, but was VALUE; REMEDY``.
    """

    exit_code = 2

    def __init__(self, argument: str, must: str, was: object, remedy: str = "") -> None:
        self.argument, self.parts, self.remedy = argument, (argument, must, was), remedy
        dims = getattr(was, "dims", ())
        shown = was if isinstance(was, Shown) else f"an axis ({', '.join(map(str, dims))})" if dims else repr(was)
        text = f"{argument} must be {must}, but was {shown}"
        super().__init__(one_line(f"{text}; {remedy}" if remedy else text))
        self._again = (argument, must, Shown(shown), remedy)

    def __reduce__(self) -> tuple[Any, ...]:
        """How a worker sends it."""
        return type(self), self._again


class UnfinishedError(MesodynError):
    """The work could not be finished: disk, worker, or a result that is not trustworthy (exit code 1)."""


class Shown(str):
    """A description of a value, printed in a message as it stands (without quotes)."""


def one_line(text: str, longest: int = 500) -> str:
    """Fold white space into single blanks and cut what is over `longest` characters."""
    folded = " ".join(text.split())
    return folded if len(folded) <= longest else folded[: longest - 3] + "..."


def unknown_name(argument: str, was: object, known: Iterable[str]) -> InputError:
    """An error for a name that is not known; it lists the nearest right ones."""
    names = sorted(known)
    near = difflib.get_close_matches(str(was), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else ""
    if near and len(names) > MANY:
        return InputError(argument, "a known name", was, f"{hint} (known: {', '.join(names)})")
    return InputError(argument, f"one of {', '.join(names)}", was, hint)
