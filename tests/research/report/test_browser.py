"""The page in a real browser: the scripts run without an error and draw what the JSON says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from consilience.research.report.compare import compare, comparison_html
from consilience.research.report.html import to_html
from tests.research.report.sample import curve, empty, hostile, long_run, tiny

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --virtual-time-budget=2000 --window-size=1200,900 --dump-dom"
).split()
WATCH = '<script>addEventListener("error", (e) => { document.documentElement.dataset.broken = e.message; });</script>'


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
    if found is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    return found


def dom(browser: str, folder: Path, page: str) -> str:
    file = folder / "page.html"
    file.write_text(page.replace("</head>", f"{WATCH}</head>"), "utf-8")
    command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "data-broken" not in done.stdout.split("<body", 1)[0], done.stdout[:400]
    return done.stdout


def test_tables_and_charts_come_up(browser: str, tmp_path: Path) -> None:
    seen = dom(browser, tmp_path, to_html(tiny()))
    assert seen.count("<canvas") == 7  # equity, drawdown, exposure, two histograms, candles and its strip
    rows = re.findall(r'<tr class="jump".*?</tr>', seen)
    texts = [re.sub(r"<[^>]+>", "|", row) for row in rows]
    assert len(texts) == 3
    assert "+150.00" in texts[0] and "+15.00%" in texts[0] and "2024-02-01" in texts[0]
    assert "20.1234" in texts[1] and "10.125" in texts[1] and "\u221240.00" in texts[1]
    assert "still open" in texts[2]
    assert "1 to 3 of 3, P&amp;L +210.00 USD" in seen
    assert "raw prices" in seen


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: to_html(empty()), id="no bar"),
        pytest.param(lambda: to_html(empty(equity=curve([1000.0]))), id="one bar"),
        pytest.param(lambda: to_html(hostile()), id="hostile"),
        pytest.param(lambda: to_html(long_run(30_000)), id="long"),
        pytest.param(lambda: comparison_html(compare([tiny(), empty()])), id="comparison"),
    ],
)
def test_no_page_breaks(make, browser: str, tmp_path: Path) -> None:
    seen = dom(browser, tmp_path, make())
    assert "Theme: auto" in seen


def test_a_planted_fault_is_noticed(browser: str, tmp_path: Path) -> None:
    broken = to_html(tiny()).replace('"curve":{"t"', '"curve":{"q"')
    with pytest.raises(AssertionError):
        dom(browser, tmp_path, broken)
