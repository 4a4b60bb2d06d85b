"""Fitted parameters as columns: known from their time on, NaN before."""

import numpy as np
import pytest

from consilience.core.errors import DataError
from consilience.core.events import Parameters
from consilience.core.parameters import slot_columns

NAN = np.nan
TS = np.array([10, 20, 30, 40], np.int64)


def event(known, values, model="m", version="1"):
    return Parameters(
        ts_event=known,
        ts_known=known,
        model=model,
        version=version,
        training_end_ns=known,
        content_hash="",
        values=values,
    )


@pytest.mark.parametrize(
    ("events", "want"),
    [
        ([], [NAN, NAN, NAN, NAN]),
        ([event(5, {"a": 1.0})], [1, 1, 1, 1]),
        ([event(20, {"a": 1.0})], [NAN, 1, 1, 1]),
        ([event(21, {"a": 1.0})], [NAN, NAN, 1, 1]),
        ([event(41, {"a": 1.0})], [NAN, NAN, NAN, NAN]),
        ([event(15, {"a": 1.0}), event(35, {"a": 2})], [NAN, 1, 1, 2]),
        ([event(35, {"a": 2.0}), event(15, {"a": 1.0})], [NAN, 1, 1, 2]),
        ([event(15, {"a": 1.0}), event(15, {"a": 3.0})], [NAN, 3, 3, 3]),
        ([event(15, {"a": 1.0}), event(25, {"b": 2.0})], [NAN, 1, 1, 1]),
        ([event(15, {"a": 1.0}, model="other")], [NAN, NAN, NAN, NAN]),
    ],
)
def test_a_value_is_carried_from_its_time_until_the_next(events, want):
    np.testing.assert_array_equal(slot_columns(events, ["m.a"], TS), [want])
    np.testing.assert_array_equal(slot_columns(events, ["m.a"], TS, ["X", "Y"]), np.array([want, want]).T[None])


def test_values_of_single_symbols_go_to_them_alone():
    events = [event(15, {"a": 1.0, "b": {"Y": 5.0, "Z": 7.0}}), event(35, {"b": {"X": 2.0}})]
    found = slot_columns(events, ["m.b", "m.a"], TS, ["X", "Y"])
    assert found.shape == (2, 4, 2)
    np.testing.assert_array_equal(found[0], [[NAN, NAN], [NAN, 5], [NAN, 5], [2, 5]])
    np.testing.assert_array_equal(found[1, :, 0], [NAN, 1, 1, 1])


def test_later_events_change_no_earlier_row():
    events = [event(15, {"a": 1.0}), event(35, {"a": 2.0})]
    np.testing.assert_array_equal(
        slot_columns(events[:1], ["m.a"], TS)[:, :3], slot_columns(events, ["m.a"], TS)[:, :3]
    )


@pytest.mark.parametrize(
    ("values", "symbols", "text"),
    [
        ({"a": {"X": 1.0}}, None, "the parameters of m 1 are of single symbols; name the symbols"),
        ({"a": "high"}, ["X"], "hold 'high', which is no number"),
        ({"a": True}, None, "hold True, which is no number"),
    ],
)
def test_what_is_no_number_is_told(values, symbols, text):
    with pytest.raises(DataError, match=text):
        slot_columns([event(5, values)], ["m.a"], TS, symbols)
