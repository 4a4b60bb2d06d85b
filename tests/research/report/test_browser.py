"""The page in a real browser: the scripts run without an error and draw what the JSON says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from consilience.research.report.compare import compare, comparison_html
from consilience.research.report.html import to_html
from tests.research.report.sample import HOSTILE, curve, empty, fused, fused_decision, hostile, long_run, tiny

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


@pytest.mark.parametrize("width", [1200, 600])
def test_a_waterfall_draws_its_sources_and_sums_to_the_score(browser: str, tmp_path: Path, width: int) -> None:
    data = fused()
    largest = data.fusion[0].decisions[1]
    page = to_html(data).replace("<main>", f'<main style="max-width:{width}px">')
    seen = dom(browser, tmp_path, page)
    (chart,) = re.findall(r'<svg [^>]*data-sum="([^"]+)"[^>]*>(.*?)</svg>', seen)
    assert float(chart[0]) == largest.score  # the page adds them up itself, from first to last
    assert chart[1].count("<rect") == 5  # four that spoke, and the score; the silent one is told below
    assert chart[1].count('class="link"') == 4
    assert [chart[1].count(f'class="{kind}"') for kind in ("up", "down", "total")] == [3, 1, 1]
    assert "BBB 2024-01-30: score \u22120.100, confidence 0.60; fusion gate: too small. Silent: whale_flow." in seen
    assert seen.count("<option") - seen.count('<option value=""') >= 2
    assert '<optgroup label="Most recent">' in seen and '<optgroup label="Largest score">' in seen


def test_a_hostile_source_stays_text(browser: str, tmp_path: Path) -> None:
    data = fused()
    (note,) = data.fusion
    bad = fused_decision("largest", [(HOSTILE, 0.1, 0.1)], symbol=HOSTILE, reason=HOSTILE)
    hostile_note = msgspec.structs.replace(note, strategy=HOSTILE, profile=HOSTILE, decisions=(bad,))
    seen = dom(browser, tmp_path, to_html(msgspec.structs.replace(data, fusion=(hostile_note,))))
    assert "<script>alert" not in seen and 'data-sum="0.1"' in seen
