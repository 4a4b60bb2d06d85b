"""Fused runs on the command line: backtest, decisions, why, report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from consilience.core.errors import NotFound
from consilience.research.decision_list import Wanted, chosen_decisions, reasons_like
from consilience.research.runs import RunStore
from tests.apps.conftest import Command, Done, command
from tests.research.fused import fused_run


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one kept fused run."""
    folder = tmp_path_factory.mktemp("fused")
    fused_run().save(folder / "runs")
    return folder


def listed(folder: Path, *words: str) -> list[dict[str, Any]]:
    done = command(folder, "decisions", *words, "--limit", "100000", "--json")
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = done.json["decisions"]
    assert done.json["count"] == len(found)
    return found


def test_all_of_them_newest_last(kept: Path) -> None:
    found = listed(kept)
    frame = fused_run().decisions
    assert len(found) == len(frame) > 200
    times = [row["time"] for row in found]
    assert times == sorted(times) and times[0].endswith("T21:00:00Z")
    assert [row["score"] for row in found] == frame["score"].fill_nan(None).to_list()


FILTERS: Sequence[tuple[tuple[str, ...], dict[str, str]]] = (
    (("--symbol", "S1"), {"symbol": "S1"}),
    (("--gate", "risk"), {"gate": "risk"}),
    (("--gate", "PASSED"), {"gate": "passed"}),
    (("--strategy", "fused", "--symbol", "S0", "--gate", "orchestrator"), {"symbol": "S0", "gate": "orchestrator"}),
    (("--reason", "NOT_CONFIDENT"), {"reason": "the confidence is not above the threshold"}),
    (("--reason", "losses in a row"), {"reason": "too many losses in a row"}),
)


@pytest.mark.parametrize(("words", "same"), FILTERS)
def test_filters_keep_what_is_asked_for_and_lose_nothing(
    kept: Path, words: Sequence[str], same: dict[str, str]
) -> None:
    found = listed(kept, *words)
    wanted = [row for row in listed(kept) if all(row[name] == value for name, value in same.items())]
    assert found == wanted and found


def test_a_stretch_of_time_with_both_days_in_it(kept: Path) -> None:
    every = listed(kept)
    days = sorted({row["time"][:10] for row in every})
    start, end = days[10], days[20]
    found = listed(kept, "--from", start, "--to", end)
    assert found == [row for row in every if start <= row["time"][:10] <= end]
    assert {found[0]["time"][:10], found[-1]["time"][:10]} == {start, end}
    moment = listed(kept, "--to", f"{end}T20:59")
    assert moment[-1]["time"][:10] < end


def test_the_newest_are_shown_and_the_rest_is_counted(kept: Path) -> None:
    done = command(kept, "decisions", "--limit", "3")
    assert done.code == 0, done.err
    lines = [line for line in done.out.splitlines() if line[:2] == "20"]
    last = fused_run().decisions.tail(3)
    assert [line.split()[2] for line in lines] == last["symbol"].to_list()
    assert f"3 of {len(fused_run().decisions):,}; --limit shows more" in done.err
    assert done.out.split()[:3] == ["Time", "Strategy", "Symbol"]


def test_best_first_by_rank_strength_or_confidence(kept: Path) -> None:
    by_rank = listed(kept, "--sort", "rank")
    ranks = [row["rank"] or 10**9 for row in by_rank]
    assert ranks == sorted(ranks) and len(by_rank) == len(listed(kept))
    firsts = [row["strength"] for row in by_rank if row["rank"] == 1]
    assert firsts == sorted(firsts, reverse=True) and len(firsts) > 10
    for name in ("strength", "confidence", "score"):
        sizes = [abs(row[name]) for row in listed(kept, "--sort", name) if row[name] is not None]
        assert sizes == sorted(sizes, reverse=True)
    done = command(kept, "decisions", "--sort", "rank", "--limit", "2")
    assert done.out.splitlines()[0].split()[-1] == "Rank" and done.out.splitlines()[1].split()[-1] == "1"


def test_at_least_so_sure(kept: Path) -> None:
    every = listed(kept)
    for level, floor in (("high", 0.62), ("medium", 0.31), ("very-high", 0.81), ("low", 0.0)):
        found = listed(kept, "--level", level)
        assert found == [row for row in every if row["confidence"] is not None and row["confidence"] >= floor]


def test_a_fused_sweep_and_what_it_refuses(tmp_path: Path) -> None:
    for words, text in (
        (("--strategy", "macd_cross", "--param", "weights.trend=0.1"), "give --fusion NAME"),
        (("--fusion", "balanced", "--param", "orchestrator.threshhold=0.4"), "did you mean 'orchestrator.threshold'?"),
        (("--fusion", "balanced", "--param", "weights.trend=0.1", "--device", "cuda"), "leave --device out"),
    ):
        done = command(tmp_path, "sweep", *words)
        assert done.code == 4 and text in done.error, done.err


WRONG = [
    (("--level", "hgh"), "unknown confidence level 'hgh'; did you mean 'high'?"),
    (("--sort", "rnk"), "unknown order 'rnk'; did you mean 'rank'?"),
    (("--symbol", "S2"), "unknown symbol 'S2'"),
    (("--gate", "fuson"), "unknown gate 'fuson'; did you mean 'fusion'?"),
    (("--strategy", "fusd"), "unknown strategy 'fusd'; did you mean 'fused'?"),
    (("--reason", "NOT_CONFIDNT"), "did you mean 'NOT_CONFIDENT'?"),
    (("--from", "soon"), "'soon' is not a date"),
    (("--from", "2020-01-02", "--to", "2020-01-01"), "--from 2020-01-02 is after --to 2020-01-01"),
    (("nothing-like-it",), "unknown run 'nothing-like-it'"),
]


@pytest.mark.parametrize(("words", "text"), WRONG)
def test_mistakes_are_one_line(kept: Path, words: Sequence[str], text: str) -> None:
    done = command(kept, "decisions", *words)
    assert done.code in (2, 4) and text in done.error


def test_nothing_found_and_nothing_kept(kept: Path, tmp_path: Path) -> None:
    none: Done = command(kept, "decisions", "--gate", "quality")
    assert none.code == 0 and "no such decision among the" in none.out
    fused_run("none").save(tmp_path / "runs")
    assert "record level none, which keeps no decisions" in command(tmp_path, "decisions").out


def test_reasons_by_code_or_words() -> None:
    assert reasons_like("not confident") == reasons_like("NOT_CONFIDENT")
    assert set(reasons_like("factors agree")) == {"SET to GO: enough factors agree", "too few factors agree yet"}
    with pytest.raises(NotFound, match="unknown reason 'xyzzy'"):
        reasons_like("xyzzy")


def test_everything_is_chosen_where_nothing_is_asked() -> None:
    assert len(chosen_decisions(fused_run(), Wanted())) == len(fused_run().decisions)


def test_why_and_report_of_a_kept_run(kept: Path) -> None:
    row = fused_run().decisions.filter(gate="risk").row(0, named=True)
    day = row["time"].strftime("%Y-%m-%d")
    run = RunStore(kept / "runs").latest()
    # a program made it and its data is not kept: it is explained by what was recorded
    done = command(kept, "why", row["symbol"], "--at", day, "--json")
    assert done.code == 0, done.err
    (answer,) = done.json["answers"]
    assert [share["source"] for share in answer["shares"]][-1] == "whale_flow"
    assert any("no reasons in words: the run's data was handed in by a program" in line for line in answer["lines"])
    assert any("too many losses in a row: max_losses is 2" in line for line in answer["lines"])
    report = command(kept, "report", run.manifest.run_id)
    assert report.code == 0 and "From signal to fill, fused" in report.out
    assert command(kept, "report", "--json").json["fusion"][0]["strategy"] == "fused"


PROFILE = """
confidence = "mean"
[thresholds]
buy = 0.1
[sources]
trend_composite = 0.6
mean_reversion = 0.4
"""


def test_from_the_option_to_the_answer(cli: Command, tmp_path: Path) -> None:
    pytest.importorskip("bokeh_sampledata", reason="the embedded prices are not installed")
    (tmp_path / "mine.toml").write_text(PROFILE, encoding="utf-8")
    made = cli(
        "backtest",
        "--fusion",
        "mine.toml",
        "--symbols",
        "AAPL",
        "--start",
        "2000-06-01",
        "--end",
        "2001-06-01",
        "--quiet",
    )
    assert made.code == 0, made.err
    assert "fused, from signal to fill: looked at " in made.out
    told = cli("why", "AAPL", "--at", "2001-03-14", "--json")
    assert told.code == 0, told.err
    (answer,) = told.json["answers"]
    text = "\n".join(answer["lines"])
    for part in ("orchestrator: ", "because:\n  1. ", "ADX", "\nsource "):
        assert part in text
    total = 0.0
    for share in answer["shares"]:
        total += share["contribution"]
    assert f"score {total:+.3f} (enters from 0.1)" in text
