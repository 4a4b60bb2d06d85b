"""Portfolios by rank on tapes of three and five symbols: who is held, when it changes, and what waits for whom."""

from __future__ import annotations

import json
from typing import Any

from consilience.core.instruments import Instrument
from consilience.features.bar import bar
from consilience.strategies.cross_sectional_momentum import CrossSectionalMomentum
from consilience.strategies.cross_sectional_reversal import CrossSectionalReversal
from tests.engine.desk import masked, panel, run, short

NAMES = ("A", "B", "C", "D", "E")
RULES = {"lookback": 2, "skip": 0, "every": 3, "share": 0.4}


def market(*closes: list[float]) -> Any:
    """One symbol for each list, bars without range."""
    made = {Instrument(symbol=n): [(c, c, c, c) for c in series] for n, series in zip(NAMES, closes, strict=False)}
    return panel(made)


def ramp(*steps: float) -> list[float]:
    """100, and on by each step."""
    found = [100.0]
    for step in steps:
        found.append(found[-1] + step)
    return found


# A rises first and falls then, B the other way round, C and D stand still, E falls slowly
SERIES = (
    ramp(1, 1, 1, -3, -3, -3, 0, 0, 0),
    ramp(-1, -1, -1, 3, 3, 3, 0, 0, 0),
    ramp(*[0.0] * 9),
    ramp(*[0.5, -0.5] * 4, 0.0),
    ramp(*[-0.5] * 9),
)


def held(output: Any, rows: int) -> list[str]:
    """Symbols held after each slice, a minus before those that are short."""
    lots = dict.fromkeys(NAMES, 0)
    found = []
    by_row: dict[int, list[Any]] = {}
    for fill in output.fills:
        by_row.setdefault(int(fill["row"]), []).append(fill)
    for row in range(rows):
        for fill in by_row.get(row, ()):
            lots[NAMES[int(fill["symbol"])]] += int(fill["side"] * fill["lots"])
        found.append(" ".join(("-" if v < 0 else "") + n for n, v in lots.items() if v))
    return found


def test_winners_are_bought_and_changed_one_slice_after_the_sales() -> None:
    """Rank after slices 3, 6 (every 3, the first with a known return): A and C or D; then B and C."""
    output = run(market(*SERIES), CrossSectionalMomentum(**RULES))[1]
    states = held(output, 10)
    # slice 3: A +2 over two bars, the others 0 or less (C, D tie: by name D); slice 6: B +6, C 0 and D 0
    assert states[:4] == ["", "", "", ""]
    assert states[4] == "A D"
    assert states[7] == "D"  # A is sold at the open of 7 ...
    assert states[8] == "B D"  # ... and B bought at that of 8
    sold = next(t for t in short(output) if t[1] < 0)
    assert (sold[0], sold[2]) == (7, 94.0)


def test_equal_parts_of_the_exposure() -> None:
    output = run(market(*SERIES), CrossSectionalMomentum(**RULES, exposure=0.5))[1]
    # a quarter of 100,000 at the closes of slice 3, 103 and 100.5
    assert short(output)[:2] == [(4, 242, 100.0), (4, 248, 100.0)]


def test_without_exposure_the_sizer_sizes() -> None:
    output = run(market(*SERIES), CrossSectionalMomentum(**RULES, exposure=0.0), fraction=0.05)[1]
    assert [abs(lots * price) // 1000 for _, lots, price in short(output)[:2]] == [4, 4]


def test_reversal_buys_what_fell() -> None:
    states = held(run(market(*SERIES), CrossSectionalReversal(**RULES))[1], 10)
    assert states[4] == "B E"
    assert states[7] == "E" and states[8] == "A E"


def test_both_ends() -> None:
    output = run(market(*SERIES), CrossSectionalMomentum(**RULES, allow_short=True), leverage=2.0)[1]
    states = held(output, 10)
    assert states[4] == "A -B D -E"
    # A and B change sides: closed at 7, opened at 8
    assert states[7] == "D -E" and states[8] == "-A B D -E"


def test_what_does_not_trade_waits_and_blocks_nobody() -> None:
    """A is suspended in slices 6 and 7: B is bought meanwhile, A sold at the open of 9.

    Of the four that have a return then only one is wanted, so D goes too.
    """
    made = masked(market(*SERIES), (6, 0), (7, 0))
    states = held(run(made, CrossSectionalMomentum(**RULES), leverage=2.0)[1], 10)
    assert states[6:] == ["A D", "A", "A B", "B"]


def test_too_few_symbols_hold_nothing() -> None:
    assert short(run(market(*SERIES), CrossSectionalMomentum(**RULES, least=6))[1]) == []


def test_the_skipped_bars_are_left_out() -> None:
    """With three bars skipped the rank after slice 6 is that of slice 3: A +2, B -2."""
    rules = RULES | {"skip": 3}
    assert held(run(market(*SERIES), CrossSectionalMomentum(**rules))[1], 10)[7] == "A D"


def test_confidence_is_the_distance_from_the_middle() -> None:
    output = run(market(*SERIES), CrossSectionalMomentum(**RULES))[1]
    first = output.records[output.records["row"] == 3]
    assert sorted(first["confidence"].tolist()) == [0.5, 1.0]


def test_it_goes_on_from_what_was_saved() -> None:
    whole = CrossSectionalMomentum(**RULES)
    run(market(*(s[:7] for s in SERIES)), whole)
    assert whole.waiting
    again = CrossSectionalMomentum(**RULES)
    again.load(json.loads(json.dumps(whole.save())))
    assert again.save() == whole.save()


def test_reasons_in_words() -> None:
    for kind in (CrossSectionalMomentum, CrossSectionalReversal):
        made = kind()
        assert "universe" in made.terms.reason
        assert set(made.declare(bar)) == {"past"}


def test_one_object_runs_twice_alike() -> None:
    made = CrossSectionalMomentum(**RULES)
    assert short(run(market(*SERIES), made)[1]) == short(run(market(*SERIES), made)[1])
