"""Exceptions that come out of a person's own strategy file, told by its line."""

from __future__ import annotations

import traceback
from pathlib import Path

from consilience.core.errors import StrategyError

MODULE_PREFIX = "consilience_user_"  # of the names that strategy files are loaded under


def own_fault(error: BaseException, whole: str, shown: Path | str) -> str:
    """``file, line n: what`` for the deepest line of the user's file that an exception passed."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == whole]
    place = f"{shown}, line {lines[-1]}" if lines else str(shown)
    if isinstance(error.__cause__, StrategyError):  # Python 3.11 wraps what a Param says about its default
        error = error.__cause__
    text = " ".join(str(error).split())
    return f"{place}: {text}" if isinstance(error, StrategyError) else f"{place}: {type(error).__name__}: {text}"


def user_fault(error: BaseException) -> str | None:
    """What to say of an exception that came out of the user's own strategy file, or None when it did not."""
    frames = [f for f, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        if str(frame.f_globals.get("__name__", "")).startswith(MODULE_PREFIX):
            whole = str(frame.f_globals.get("__file__", ""))
            return own_fault(error, whole, _shown(Path(whole)))
    return None


def _shown(file: Path) -> str:
    """A path as the person would write it: from the working folder where it lies below it."""
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)
