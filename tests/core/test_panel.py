"""Panels: shapes that must fit, views that share, floats that are exact."""

import numpy as np
import pytest

from consilience.core.errors import DataError
from consilience.core.instruments import Instrument
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.core.schemas import ACTION_DTYPE

MINUTE = 60_000_000_000


def small(rows: int = 4, symbols: int = 2) -> Panel:
    ticks = np.arange(1, rows * symbols + 1, dtype=np.int64).reshape(rows, symbols) + 1000
    prices = PriceColumns(ticks, ticks + 2, ticks - 2, ticks + 1)
    names = [Instrument(symbol=f"S{i}") for i in range(symbols)]
    ts = np.arange(1, rows + 1, dtype=np.int64) * MINUTE
    return trade_panel(names, ts, prices, np.full((rows, symbols), 7, np.int64), duration_ns=MINUTE)


def test_a_trade_panel_shares_one_series_on_both_sides() -> None:
    panel = small()
    assert panel.shape == (4, 2)
    assert panel.symbols == ("S0", "S1")
    assert not panel.is_bid_ask
    assert panel.dense
    assert not panel.rows(1, 3).is_bid_ask


def test_rows_are_views_and_actions_count_from_the_cut() -> None:
    panel = small()
    actions = np.zeros(2, ACTION_DTYPE)
    actions["row"] = [1, 3]
    whole = Panel(**_with(panel, actions=actions))  # type: ignore[arg-type]
    cut = whole.rows(1, 3)
    assert np.shares_memory(cut.bid.close, whole.bid.close)
    assert cut.first_row == 1
    assert cut.actions["row"].tolist() == [0]
    assert cut.rows(1, 2).first_row == 2


def _with(panel: Panel, **changes: object) -> dict[str, object]:
    fields = {name: getattr(panel, name) for name in panel.__dataclass_fields__}
    fields.update(changes)
    return fields


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ts": np.array([1, 2, 3])}, "one entry for each slice"),
        ({"ts": np.array([1, 2, 2, 3])}, "ascend strictly"),
        ({"instruments": (Instrument(symbol="A"),)}, "2 columns for 1 instruments"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Panel(**_with(small(), **changes))  # type: ignore[arg-type]


def test_instruments_of_several_currencies_need_rates() -> None:
    panel = small()
    mixed = [Instrument(symbol="A"), Instrument(symbol="B", currency="EUR")]
    with pytest.raises(DataError, match="one currency"):
        trade_panel(mixed, panel.ts, panel.bid, panel.bid_size)
