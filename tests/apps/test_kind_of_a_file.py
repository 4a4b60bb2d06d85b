"""A file given without its kind: told by its weekends, said, and a size of nothing explained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consilience.adapters.storage.around_the_clock import SIGN
from tests.apps.conftest import Command

HOURS = 24 * 21
RUN = ("backtest", "--data", "coin.csv", "--stamp", "open", "--strategy", "moving_average_cross", "-p", "fast=3")
TAKEN = f"{SIGN}bars on Saturdays and Sundays, taken as crypto_spot, 24/7; --kind says otherwise"


@pytest.fixture
def coin(tmp_path: Path) -> Path:
    """Three weeks of hours of a coin dearer than the account, in waves of two days."""
    start, rows = datetime(2024, 6, 3, tzinfo=UTC), ["time,symbol,open,high,low,close,volume"]
    for k in range(HOURS):
        price = 200_000 + 400 * abs(k % 48 - 24)
        when = (start + timedelta(hours=k)).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows.append(f"{when},BTCUSDT,{price}.25,{price + 300}.5,{price - 300}.5,{price + 50}.75,3.125")
    path = tmp_path / "coin.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("coin")
def test_whole_weekends_are_traded_and_said(cli: Command) -> None:
    done = cli(*RUN, "-p", "slow=8")
    assert done.code == 0 and f"data: {TAKEN}" in done.err, done.err
    assert "2024-06-24 00:00, 490 1h bars" in done.out and "No trade was made" not in done.out
    imported = cli("data", "import", "coin.csv", "--stamp", "open")
    assert f"note: {TAKEN}" in imported.err
    assert f"{HOURS} rows, {HOURS} kept; no flags" in imported.out
    checked = cli("data", "check", "--data", "coin.csv", "--stamp", "open", "--kind", "equity")
    assert "outside_session" in checked.out


@pytest.mark.usefixtures("coin")
def test_a_size_of_nothing_names_lot_and_cash(cli: Command) -> None:
    done = cli(*RUN, "-p", "slow=8", "--kind", "equity")
    assert done.code == 0 and SIGN not in done.err
    (line,) = [line for line in done.out.splitlines() if line.startswith("! No trade was made.")]
    assert "a lot is 1 and costs 20" in line and "cash is 100,000.00 USD. Give more --cash" in line
