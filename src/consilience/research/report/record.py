"""The base of what a report is made from."""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Base of the report's records: frozen, by keyword, compared by identity because arrays have no one truth."""
