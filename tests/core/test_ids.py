"""Ids and digests are functions of their content."""

import string

import numpy as np

from consilience.core.ids import array_digest, client_order_id, text_digest


def test_the_same_intent_has_the_same_id_and_another_has_another() -> None:
    one = client_order_id("run", "macd", "AAPL", 1, 0)
    assert one == client_order_id("run", "macd", "AAPL", 1, 0)
    others = {
        client_order_id("run2", "macd", "AAPL", 1, 0),
        client_order_id("run", "rsi", "AAPL", 1, 0),
        client_order_id("run", "macd", "IBM", 1, 0),
        client_order_id("run", "macd", "AAPL", 2, 0),
        client_order_id("run", "macd", "AAPL", 1, 1),
    }
    assert len(others | {one}) == 6
    assert len(one) == 26
    assert set(one) <= set(string.hexdigits + "C")


def test_a_digest_sees_values_shape_and_dtype() -> None:
    base = np.arange(6, dtype=np.int64)
    changed = base.copy()
    changed[3] += 1
    digests = {
        array_digest([base]),
        array_digest([changed]),
        array_digest([base.reshape(2, 3)]),
        array_digest([base.astype(np.float64)]),
        array_digest([base, base]),
    }
    assert len(digests) == 5
    assert array_digest([base.reshape(2, 3).T]) == array_digest([np.ascontiguousarray(base.reshape(2, 3).T)])
    assert text_digest("a") != text_digest("b")
