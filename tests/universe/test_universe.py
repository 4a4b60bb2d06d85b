"""Universe rules: who may be traded in a slice."""

from __future__ import annotations

from consilience.universe.all_symbols import is_member_nb
from consilience.universe.catalog import SPECS


def test_all_symbols_with_a_valid_bar():
    assert is_member_nb(True)
    assert not is_member_nb(False)


def test_catalogue():
    assert SPECS[0].name == "all"
