"""What a journal holds: everything that enters the engine, and what it was going to send, each with its kind.

Kinds are stored, so append only.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import msgspec

from consilience.core.errors import DataError
from consilience.core.events import Command, OrderReport
from consilience.core.orders import OrderAmendment, OrderRequest


class Kind(IntEnum):
    """Kind of a journal record."""

    BEGIN = 1  # a session began: its name and what it runs
    RESUME = 2  # a process took the session up again
    SLICE = 3  # market data (``slices``)
    CLOSE = 4  # decide on the slice at hand
    REPORT = 5  # the venue said something of an order
    INTENTS = 6  # what is about to be sent; written before it is
    COMMAND = 7
    DOUBT = 8  # a call to the venue ended without an answer
    STOP = 9  # the process stopped in good order


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """session: name that client order ids are made from. mode: paper or live. digest: of configuration, strategies and
    kernels; a session goes on only under the same."""

    session: str
    mode: str
    digest: str
    symbols: tuple[str, ...]
    strategies: tuple[str, ...]


class Intents(msgspec.Struct, frozen=True, kw_only=True):
    """New orders, new terms, and client ids of orders to cancel, in the order in which they leave."""

    submits: tuple[OrderRequest, ...] = ()
    amends: tuple[OrderAmendment, ...] = ()
    cancels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.submits or self.amends or self.cancels)


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody knows whether a call took effect. what: submit, amend or cancel."""

    client_order_id: str
    what: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Of a process: which one, and in what words."""

    process: str
    words: str = ""


STRUCTS: dict[Kind, Any] = {
    Kind.BEGIN: Begin,
    Kind.RESUME: Note,
    Kind.REPORT: OrderReport,
    Kind.INTENTS: Intents,
    Kind.COMMAND: Command,
    Kind.DOUBT: Doubt,
    Kind.STOP: Note,
}
_DECODERS = {kind: msgspec.msgpack.Decoder(struct) for kind, struct in STRUCTS.items()}
_ENCODER = msgspec.msgpack.Encoder()


def encode(entry: msgspec.Struct) -> bytes:
    """An entry as bytes."""
    return _ENCODER.encode(entry)


def decode(kind: int, payload: bytes) -> Any:
    """The entry of a record; raises DataError for a payload that is none of its kind. Slices have ``decode_slice``."""
    try:
        return _DECODERS[Kind(kind)].decode(payload)
    except (KeyError, ValueError, msgspec.DecodeError) as error:
        raise DataError(f"a journal record of kind {kind} cannot be read: {error}") from None
