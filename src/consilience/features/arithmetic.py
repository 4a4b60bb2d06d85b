"""Small exact pieces that steps are built from. No value in a graph is infinite, or larger than LARGEST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from consilience.core.jit import njit

Function = TypeVar("Function", bound=Callable[..., Any])

NAN = float("nan")
LARGEST = 1e100  # squares, products and sums of a billion such values stay finite
_SPLIT = 134217729.0  # 2**27 + 1: halves_nb a double into two of 26 bits (Veltkamp)


def bare(function: Function, **options: bool) -> Function:
    """``njit`` without reference counts, for code that makes no array.

    Counting the arrays that a step reads is an atomic operation on each bar: measured, it takes most of the time.
    """
    compiled = njit(function)
    known = getattr(compiled, "targetoptions", None)  # absent in the plain form
    if known is not None:
        known.update(_nrt=False, **options)
    return compiled


def inlined(function: Function) -> Function:
    """``bare``, and always folded into its caller: a step that is called costs up to ten times as much."""
    return bare(function, forceinline=True)


@inlined
def ratio_nb(numerator: float, denominator: float) -> float:
    """``numerator / denominator``, NaN where that is undefined or beyond LARGEST."""
    if denominator == 0.0:
        return NAN
    result = numerator / denominator
    if abs(result) <= LARGEST:
        return result
    return NAN


@inlined
def add_exact_nb(total: float, carry: float, value: float) -> tuple[float, float]:
    """Add ``value`` to the sum ``total + carry``; the rounding error goes to ``carry`` (Knuth's two-sum)."""
    new = total + value
    part = new - total
    return new, carry + ((total - (new - part)) + (value - part))


@inlined
def swap_exact_nb(total: float, carry: float, entering: float, leaving: float) -> tuple[float, float]:
    """``total + carry`` plus ``entering`` minus ``leaving``, with both rounding errors kept.

    The difference is taken first, so that the running total waits for one addition only.
    """
    change = entering - leaving
    part = change - entering
    error = (entering - (change - part)) - (leaving + part)
    new = total + change
    seen = new - total
    return new, carry + (((total - (new - seen)) + (change - seen)) + error)


@inlined
def halves_nb(value: float) -> tuple[float, float]:
    """Two numbers of 26 bits that sum to ``value``: each times a small whole number is exact."""
    scaled = value * _SPLIT
    high = scaled - (scaled - value)
    return high, value - high
