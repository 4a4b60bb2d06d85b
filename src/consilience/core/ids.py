"""Deterministic ids: the same intent always has the same client order id; the same content the same hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def client_order_id(session: str, strategy: str, symbol: str, decision_ns: int, sequence: int) -> str:
    """Client order id of an intent, 26 characters, safe for every venue's charset.

    ``sequence`` counts the orders that one strategy sends for one symbol in one slice.
    """
    text = f"{session}|{strategy}|{symbol}|{decision_ns}|{sequence}"
    return "C" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()[:25]


def array_digest(arrays: Iterable[npt.NDArray[np.generic]]) -> str:
    """Hex digest over shapes, dtypes and bytes of ``arrays``; one flipped bit changes it."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        contiguous = np.ascontiguousarray(array)
        digest.update(str(contiguous.dtype).encode())
        digest.update(str(contiguous.shape).encode())
        digest.update(contiguous.tobytes())
    return digest.hexdigest()


def text_digest(text: str) -> str:
    """Hex digest of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
