"""The page as a parser sees it: well formed, self-contained, escaped, and with the same figures as the JSON."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser

import msgspec
import pytest

from consilience.research.report.analysis import analyse
from consilience.research.report.as_json import document
from consilience.research.report.compare import compare, comparison_html
from consilience.research.report.encode import unpack
from consilience.research.report.html import SCRIPTS, asset, minus, to_html
from consilience.research.report.payload import to_script
from tests.research.report.sample import HOSTILE, curve, empty, fused, hostile, long_run, metric, tiny

VOID = {"meta", "link", "input", "br", "hr", "img", "rect"}


class Page(HTMLParser):
    """Checks nesting and collects elements, attributes and texts."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self.cells: dict[str, list[list[tuple[str, str]]]] = {}
        self.table = ""
        self.feed(source)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        names = dict(attrs)
        self.attributes.extend((tag, name, value or "") for name, value in attrs)
        if "id" in names:
            self.ids.append(names["id"])
        if tag == "table":
            self.table = names.get("id", "")
            self.cells[self.table] = []
        elif tag == "tr" and self.table:
            self.cells[self.table].append([])
        elif tag == "td" and self.table:
            self.cells[self.table][-1].append(("", names.get("data-v") or ""))
        elif tag == "script":
            self.scripts.append("")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> inside {self.open[-3:]}"
        self.open.pop()
        if tag == "table":
            self.table = ""

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
            return
        self.texts.append(data)
        if self.table and "td" in self.open:
            row = self.cells[self.table][-1]
            row[-1] = (row[-1][0] + data, row[-1][1])

    def data(self):
        return json.loads(self.scripts[0])


ALL = {
    "tiny": tiny,
    "empty": empty,
    "one bar": lambda: empty(equity=curve([1000.0])),
    "lost account": lambda: empty(equity=curve([1000.0, 0.0, -5.0])),
    "hostile": hostile,
    "long": lambda: long_run(20_000),
}


def pages():
    for name, make in ALL.items():
        yield pytest.param(lambda make=make: to_html(make()), id=name)
    yield pytest.param(lambda: comparison_html(compare([tiny(), hostile(), empty()])), id="comparison")


@pytest.mark.parametrize("make", list(pages()))
def test_well_formed_and_self_contained(make):
    source = make()
    page = Page(source)
    assert len(page.ids) == len(set(page.ids))
    assert len(page.scripts) == 2
    for tag, name, value in page.attributes:
        if name in ("src", "href", "action", "poster", "data", "srcset"):
            assert value.startswith("#") or (tag, value) == ("link", "data:,"), (tag, name, value)
        assert not name.startswith("on"), (tag, name)
    code = asset("report.css") + page.scripts[1]
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|import\(|sendBeacon", code)
    assert "default-src 'none'" in source
    assert "Not investment advice" in source and "imulated" in source


@pytest.mark.parametrize("name", list(ALL))
def test_every_section_is_there(name):
    page = Page(to_html(ALL[name]()))
    for part in (
        "cards performance monthly returns metrics breakdown trades-on-candles trades trade-table decisions rejections "
        "facts assumptions quality manifest drawdowns funnel by-symbol by-strategy by-entry-reason by-exit-reason theme"
    ).split():
        assert part in page.ids, part


def test_hostile_text_stays_text():
    source = to_html(hostile())
    page = Page(source)
    assert "<script>alert" not in source and "<!-- " not in source
    assert not any(name in ("onerror", "onload") for _, name, _ in page.attributes)
    assert any(HOSTILE in text for text in page.texts)
    data = page.data()
    assert data["trades"]["symbol"]["names"] == [HOSTILE]
    assert data["candles"][0]["symbol"] == HOSTILE
    assert "49" not in page.texts


def test_the_data_block_cannot_end_its_script():
    text = to_script({"a": "</script><!--\u2028\u2029&"})
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == {"a": "</script><!--\u2028\u2029&"}


def test_scripts_write_text_never_markup():
    code = "".join(asset(name) for name in SCRIPTS)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", code)
    assert len(code) < 60_000


def test_metrics_in_the_page_equal_those_in_the_json():
    run = tiny()
    page, facts = Page(to_html(run)), document(run)
    shown = {}
    for table, rows in page.cells.items():
        if table.startswith("metrics-"):
            shown.update({row[0][0]: row[1] for row in rows if row})
    for row in facts["metrics"]:
        text, value = shown[row["name"]]
        if row["value"] is None:
            assert (text, value) == ("-", "")
        elif row["unit"] == "time":
            assert row["value"].startswith(text)
        else:
            assert float(value) == row["value"]
    assert shown["Total return"][0] == "+21.00%"
    assert shown["Max drawdown"][0] == "\u221210.00%"


def test_group_tables_in_the_page_equal_those_in_the_json():
    run = tiny()
    page, facts = Page(to_html(run)), document(run)
    fields = [name for name in facts["trade_totals"] if name != "key"]
    for by, groups in facts["trades_by"].items():
        rows = [row for row in page.cells[f"by-{by.replace('_', '-')}"] if row]
        assert [row[0][0] for row in rows] == [g["key"] for g in groups]
        for row, group in zip(rows, groups, strict=True):
            for (text, value), field in zip(row[1:], fields, strict=True):
                if group[field] is None:
                    assert (text, value) == ("-", ""), field
                else:
                    assert float(value) == group[field], field


def test_curves_trades_and_months_in_the_page_equal_those_in_the_json():
    run = tiny()
    page, facts = Page(to_html(run)), document(run)
    data = page.data()
    for ours, theirs in (
        ("equity", "equity"),
        ("drawdown", "drawdown"),
        ("bench", "benchmark"),
        ("exposure", "exposure"),
    ):
        assert unpack(data["curve"][ours]).tolist() == pytest.approx(facts["curves"][theirs], abs=1e-5)
    assert unpack(data["trades"]["pnl"]).tolist() == [t["pnl"] for t in facts["trades"]]
    assert data["histograms"]["daily"] == facts["daily_return_histogram"]
    (months,) = [row for row in page.cells["monthly"] if row]
    assert [float(v) for _, v in months[:2]] == facts["monthly_returns"][0]["months"][:2]
    assert float(months[12][1]) == facts["monthly_returns"][0]["total"]


def test_a_missing_figure_is_a_dash_with_its_reason():
    source = to_html(tiny())
    assert 'data-tip="fewer than 30 returns" tabindex="0">-</span>' in source
    assert "this run did not supply it" in source  # profit factor


def test_cards_show_the_benchmark_and_what_they_mean():
    source = to_html(tiny())
    assert '<div class="against" title="Index">benchmark +50.00%</div>' in source
    assert source.count('class="card"') == 8
    assert "Below 1 loses money." in source


def test_cautions_stand_in_the_page():
    run = msgspec.structs.replace(tiny(), sets_tried=1200)
    page = to_html(run)
    for caution in analyse(run).cautions:
        assert f'id="caution-{caution.key}"' in page
    assert "Best of 1,200 parameter sets" in page


def test_the_theme_can_be_fixed():
    assert '<html lang="en" data-theme="dark">' in to_html(tiny(), theme="dark")


def test_the_same_run_makes_the_same_page():
    assert to_html(tiny()) == to_html(tiny())


def test_minus_sign_only_before_digits():
    assert minus("-1.0") == "\u22121.0"
    assert [minus(t) for t in ("-", "", "a-1", "-x")] == ["-", "", "a-1", "-x"]


def test_metrics_without_a_benchmark_have_one_column():
    run = msgspec.structs.replace(tiny(), benchmark=None, metrics=(metric("sharpe", 1.5), metric("alpha", math.nan)))
    page = Page(to_html(run))
    assert [[text for text, _ in row] for row in page.cells["metrics-return"] if row] == [
        ["sharpe", "1.50"],
        ["alpha", "-"],
    ]


def test_a_fused_strategy_has_sections_of_its_own():
    page = Page(to_html(fused()))
    for name in (
        "decisions",
        "fusion-funnel-0",
        "waterfall-0",
        "chart-waterfall-0",
        "fusion-states-0",
        "fusion-sources-0",
    ):
        assert page.ids.count(name) == 1
    assert "funnel" not in page.ids
    rows = [row for row in page.cells["fusion-states-0"] if row]
    assert [[text for text, _ in row] for row in rows] == [
        ["READY", "75.0%", "2", "faded 2"], ["SET", "25.0%", "0", "-"],
    ]  # fmt: skip
    texts = " ".join(page.texts)
    assert "50.0%" in texts and "25.0%" in texts
    assert "waterfall-0" not in Page(to_html(tiny())).ids
    assert "fusion" not in document(tiny()) and "fusion" not in json.loads(page_payload(to_html(tiny())))


def page_payload(page):
    return re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[0]


def test_what_the_page_draws_sums_to_the_score():
    for one in json.loads(page_payload(to_html(fused())))["fusion"][0]:
        total = 0.0
        for _, contribution, *_ in one["parts"]:
            total += contribution or 0.0
        assert total == one["score"]
