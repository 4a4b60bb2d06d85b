"""What every catalogued feature must do; a new line of the catalog is tested by itself."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from consilience import features
from consilience.core.jit import JIT_ENABLED
from consilience.features.catalog import FEATURES
from consilience.features.evaluator import Evaluator
from consilience.features.expression import call_all, on_base
from consilience.features.feature import Kind, NanRule
from consilience.features.generate import pair_kernel_of
from tests.examples import cases
from tests.features.support import (
    GROUPS,
    MINUTE,
    all_cases,
    case,
    composed,
    history,
    kinds,
    packed,
    run,
    same,
    small_params,
    with_columns,
    with_symbol,
)

ROWS, SYMBOLS = 160, 10
PARTITIONS = (1, (3, 50, 1, 7)) if JIT_ENABLED else ((3, 50, 1, 7),)
STEPS = kinds(Kind.STEP)
PER_SYMBOL = kinds(Kind.STEP, Kind.ELEMENTWISE, Kind.COMPOSED)
# these have no value on some later bars, as their texts say: nothing traded yet, no anchor yet, nothing to divide by
GAPS = {"vwap", "log", "anchored_vwap", "vwap_bands", "vwap_levels"}
names = pytest.mark.parametrize("name", FEATURES)
# as plain Python the one that has masks and unknown fields too
kinds_of_history = pytest.mark.parametrize("kind", cases(["ragged", "dense"], 2))


def dense():
    return history(ROWS, SYMBOLS, seed=7)


def ragged():
    return history(ROWS, SYMBOLS, seed=8, masked=0.25, unknown=0.01)


@cache
def results(kind: str, sizes) -> dict[str, list[np.ndarray]]:
    """Values of the whole catalog and of the compositions, one run for all tests."""
    groups = {**all_cases(), "composed": tuple(composed())}
    nodes = [n for group in groups.values() for n in group]
    values = iter(run(nodes, dense() if kind == "dense" else ragged(), sizes))
    return {name: [next(values) for _ in group] for name, group in groups.items()}


def test_every_file_of_a_family_is_in_the_catalog():
    root = Path(features.__file__).parent
    files = {p.stem for p in root.glob("*/*.py") if not p.stem.startswith("_")}
    catalogued = {name for name, f in FEATURES.items() if f.kind is not Kind.ELEMENTWISE}
    assert files == catalogued
    for name in catalogued:
        spec = FEATURES[name].spec
        assert (root / spec.family / f"{name}.py").is_file()
        assert spec.summary and spec.source and spec.convention and spec.warm_up and spec.nan_rule


@names
@kinds_of_history
def test_blocks_do_not_matter(name, kind):
    for other in PARTITIONS:
        for a, b in zip(results(kind, ROWS)[name], results(kind, other)[name], strict=True):
            same(a, b, name)


@kinds_of_history
def test_blocks_do_not_matter_for_compositions(kind):
    for other in PARTITIONS:
        for a, b in zip(results(kind, ROWS)["composed"], results(kind, other)["composed"], strict=True):
            same(a, b)


@pytest.mark.parametrize("name", PER_SYMBOL)
def test_one_symbol_alone_gives_the_same_bits(name):
    block = dense()
    for s in (0, SYMBOLS - 1):
        alone = run(case(name), packed(block, s), ROWS)
        for a, b in zip(results("dense", ROWS)[name], alone, strict=True):
            same(a[:, s : s + 1], b)


@pytest.mark.parametrize("name", [n for n in STEPS if FEATURES[n].initial])
@pytest.mark.parametrize("kind", ["dense", "ragged"])
def test_two_calls_in_one_loop_give_the_bits_of_each_alone(name, kind):
    feature = FEATURES[name]
    params = small_params(feature)
    pairs = zip(feature.spec.params, params, strict=True)
    longer = tuple(v + 2 if isinstance(v, int) and p.unit == "bars" else v for p, v in pairs)
    if longer == params:
        pytest.skip("has no length to tell two calls apart")
    first = case(name)
    second = call_all(name, first[0].inputs, longer)
    block = dense().rows(0, 90) if kind == "dense" else ragged().rows(0, 90)
    one = with_symbol(block, 2)
    evaluator = Evaluator([*first, *second], 1, block=30)
    assert any(step[0] is pair_kernel_of(feature) for step in evaluator.plan_steps())
    both = run([*first, *second], one, 30, evaluator)
    for value, alone in zip(both, [*run(first, one, 30), *run(second, one, 30)], strict=True):
        same(value, alone, name)


@pytest.mark.parametrize("name", PER_SYMBOL)
def test_masked_slices_are_as_if_they_were_not_there(name):
    block = ragged()
    keep = block.valid[:, 2]
    alone = run(case(name), packed(block, 2), 33)
    for a, b in zip(results("ragged", ROWS)[name], alone, strict=True):
        same(a[keep, 2:3], b)
        if not FEATURES[name].carries:
            assert np.isnan(a[~keep, 2]).all()


@names
def test_the_first_value_comes_exactly_when_the_spec_says(name):
    feature = FEATURES[name]
    first = last = feature.bars_before(small_params(feature))
    if feature.kind is Kind.COMPOSED:
        graph = Evaluator(case(name), SYMBOLS)
        first = tuple(graph.warm_up(node) for node in case(name))
        # bars of a higher timeframe are counted in their own number, and turned to slices in a bound
        last = tuple(graph.warm_up(on_base(node), MINUTE) for node in case(name))
    for value, least, most in zip(results("dense", ROWS)[name], first, last, strict=True):
        known = value[:, :5] if feature.kind is Kind.GROUP else value
        assert np.isnan(known[:least]).all()
        assert most < ROWS
        if feature.sparse:
            assert not np.isnan(known[most:]).all()
        else:
            assert not np.isnan(known[most:]).any() or name in GAPS


@names
def test_cutting_or_changing_the_future_changes_no_past_value(name):
    block = ragged()
    cut = 101
    shorter = run(case(name), block.rows(0, cut), 23)

    def later(column, values):
        values[cut:] = values[cut:] * 3 + 1
        return values

    changed = run(case(name), with_columns(block, later), 23)
    for a, b, c in zip(results("ragged", ROWS)[name], shorter, changed, strict=True):
        same(a[:cut], b)
        same(a[:cut], c[:cut])


@names
def test_nan_follows_the_declared_rule(name):
    feature = FEATURES[name]
    if feature.nan is NanRule.OWN or feature.kind is Kind.COMPOSED:
        pytest.skip("has a rule of its own, or those of its parts")
    at = 70

    def hole(column, values):
        values[at, 1] = np.nan
        return values

    block = with_columns(dense(), hole)
    first = feature.bars_before(small_params(feature))
    after = run(case(name), block.rows(at + 1, ROWS), ROWS)
    for before, value, fresh, bars in zip(
        results("dense", ROWS)[name], run(case(name), block, 50), after, first, strict=True
    ):
        same(before[:at], value[:at])
        assert np.isnan(value[at, 1])
        if feature.kind in (Kind.STEP, Kind.ELEMENTWISE):
            others = np.arange(SYMBOLS) != 1
            same(before[:, others], value[:, others])
        if feature.nan is NanRule.RESTART:
            assert np.isnan(value[at : at + 1 + bars, 1]).all()
            if name not in ("obv", "vwap"):
                same(value[at + 1 :, 1], fresh[:, 1])
        else:
            same(before[at + 1 :], value[at + 1 :])


@names
def test_nothing_infinite_comes_out_of_flat_zero_or_huge_input(name):
    flat = with_columns(history(40, 3), lambda n, c: np.zeros_like(c))
    still = with_columns(history(40, 3), lambda n, c: np.full_like(c, 0.0 if n == "volume" else 12.3))
    wild = with_columns(history(40, 3), lambda n, c: c * np.where(np.arange(40)[:, None] % 3 == 0, 1e99, 1e-300))
    broken = with_columns(history(40, 3), lambda n, c: np.where(np.arange(40)[:, None] == 20, np.inf, c))
    for block in (flat, still, wild, broken):
        for value in run(case(name), block, 16):
            assert not np.isinf(value).any()


@names
def test_scale_and_shift_do_what_is_declared(name):
    feature = FEATURES[name]
    plain = results("dense", ROWS)[name]
    if feature.scale is not None:
        doubled = run(case(name), with_columns(dense(), lambda n, c: c * 2.0), ROWS)
        for a, b in zip(plain, doubled, strict=True):
            same(a * 2.0**feature.scale, b)  # doubling is exact
    if feature.shift is not None:
        amounts = ("volume", "bid_size", "ask_size", "trade_size")
        moved = run(case(name), with_columns(dense(), lambda n, c: c if n in amounts else c + 1024.0), ROWS)
        for a, b in zip(plain, moved, strict=True):
            np.testing.assert_allclose(b, a + 1024.0 * feature.shift, rtol=0, atol=1e-8)


@kinds_of_history
def test_a_snapshot_goes_on_with_the_same_bits(kind):
    nodes = [n for group in all_cases().values() for n in group] + composed()
    block = dense() if kind == "dense" else ragged()
    first, second = (features.Evaluator(nodes, SYMBOLS, block=30, groups=GROUPS) for _ in range(2))
    run(nodes, block.rows(0, 77), 30, first)
    snapshot = first.state()
    second.restore({k: v.copy() for k, v in snapshot.items()})
    whole = [v for group in results(kind, ROWS).values() for v in group]
    for again in (first, second):
        for a, b in zip(whole, run(nodes, block.rows(77, ROWS), 19, again), strict=True):
            same(a[77:], b)
