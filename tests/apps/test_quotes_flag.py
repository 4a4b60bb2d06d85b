"""Recorded quotes beside the bars that were made of them: order flow in a fused run."""

from __future__ import annotations

from pathlib import Path

from tests.apps.conftest import Command
from tests.apps.test_order_flow_command import quotes

PROFILE = """
name = "flow"
coverage_minimum = 0.3
[sources]
order_flow = 0.6
trend_composite = 0.4
[thresholds]
buy = 0.01
"""


def test_order_flow_is_heard_beside_bars(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "aapl.csv").write_text(quotes(), encoding="utf-8")
    (tmp_path / "flow.toml").write_text(PROFILE, encoding="utf-8")
    made = cli("data", "import", "aapl.csv", "--ticks", "quotes", "--timeframe", "5s", "--symbol", "AAPL")
    assert made.code == 0, made.err
    words = ("backtest", "--data", "catalogue", "--fusion", "flow.toml")
    heard = cli(*words, "--quotes", "aapl.csv")
    assert heard.code == 0, heard.err
    assert "data: feed flow.ofi:" in heard.err and "numbers" in heard.err
    assert cli("replay").code == 0
    (tmp_path / "other.csv").write_text(quotes().replace("AAPL", "IBM"), encoding="utf-8")
    alien = cli(*words, "--quotes", "other.csv")
    assert alien.code == 2
    assert "quotes of" in alien.err and "name them alike" in alien.err
