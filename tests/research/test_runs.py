"""Kept runs: what is written is what is read, a crash leaves nothing, and names are forgiving."""

from __future__ import annotations

import polars as pl
import pytest

from consilience.core.errors import ConfigError, DataError, FixInput, NotFound
from consilience.research import manifest, runs
from consilience.research.backtest import backtest
from consilience.research.paper import paper
from consilience.research.runs import FRAMES, RunStore
from tests.research.helpers import Crossing, walk

SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def run():
    return backtest(walk(200), Crossing, created_ns=1_700_000_000 * SECOND, source={"kind": "walk", "seed": "3"})


def test_what_is_kept_is_what_was_run(tmp_path, run):
    folder = run.save(tmp_path)
    assert folder == tmp_path / "backtest" / run.run_id
    assert run.run_id.startswith("20231114-221320-crossing-")
    assert {p.name for p in folder.iterdir()} == {
        *(f"{name}.parquet" for name in FRAMES if name != "contributions"), "data.parquet",
        "manifest.json", "report.html", "report.json",
        "report.msgpack",
    }  # fmt: skip
    kept = RunStore(tmp_path).load(run.run_id)
    assert kept.manifest == run.manifest
    for name in FRAMES:
        assert kept.frame(name).equals(getattr(run, name)), name
    assert kept.report_data.equity.equity.tolist() == run.equity_curve[run.first_row :].tolist()
    assert kept.report_data.trades[0].pnl == run.report_data().trades[0].pnl
    assert (folder / "report.json").read_bytes() == run.to_json()
    assert pl.read_parquet(folder / "data.parquet").columns == ["time", "S0"]


@pytest.mark.parametrize("broken", ["write_parquet", "to_json", "_force"])
def test_a_crash_leaves_no_run(tmp_path, run, monkeypatch, broken):
    def crash(*args, **kwargs):
        raise OSError("the disk is full")

    owner = {"write_parquet": pl.DataFrame, "to_json": manifest, "_force": runs}[broken]
    monkeypatch.setattr(owner, broken, crash)
    store = RunStore(tmp_path)
    with pytest.raises(OSError, match="disk is full"):
        store.save(run)
    assert store.list() == ()
    assert list((tmp_path / "backtest").iterdir()) == []


def test_a_half_written_folder_of_a_killed_process_is_no_run(tmp_path, run):
    folder = run.save(tmp_path)
    left = folder.with_name(f".{folder.name}.999.part")
    folder.rename(left)
    store = RunStore(tmp_path)
    assert store.list() == ()
    with pytest.raises(NotFound, match="start with a backtest"):
        store.latest()


def test_a_manifest_that_cannot_be_read_is_named(tmp_path, run):
    folder = run.save(tmp_path)
    (folder / "manifest.json").write_text("{}")
    for call in (RunStore(tmp_path).list, lambda: RunStore(tmp_path).load(run.run_id)):
        with pytest.raises(DataError, match="remove its folder"):
            call()


def test_saving_again_replaces_the_same_run(tmp_path, run):
    assert run.save(tmp_path) == run.save(tmp_path)
    assert len(RunStore(tmp_path).list()) == 1


def test_names_and_order(tmp_path, run):
    store = RunStore(tmp_path)
    with pytest.raises(NotFound, match="there is none in"):
        store.load("x")
    later = paper(walk(120), Crossing(period=7), created_ns=1_700_000_100 * SECOND)
    later.save(tmp_path)
    run.save(tmp_path)
    assert [m.run_id for m in store.list()] == [run.run_id, later.run_id]
    assert store.latest().manifest.mode == "paper"
    assert store.load(run.run_id[:15]).manifest.run_id == run.run_id
    with pytest.raises(ConfigError, match="write more of it"):
        store.load("20231114")
    with pytest.raises(NotFound, match="did you mean"):
        store.load(run.run_id.replace("crossing", "crosing"))
    with pytest.raises(NotFound, match="did you mean 'fills'"):
        store.load(run.run_id).frame("fils")


def test_runs_side_by_side(tmp_path, run):
    other = backtest(walk(200), Crossing(period=9), created_ns=1_700_000_200 * SECOND)
    for one in (run, other):
        one.save(tmp_path)
    found = RunStore(tmp_path).compare([run.run_id, other.run_id])
    assert found.labels == (run.run_id, other.run_id)
    facts = {fact.name: fact for fact in found.facts}
    assert facts["crossing.period"].values == ("5", "9")
    assert not facts["Data hash"].differs
    with pytest.raises(FixInput, match="at least two"):
        RunStore(tmp_path).compare([run.run_id])


def test_the_id_follows_from_what_went_in():
    one, two = (backtest(walk(100), Crossing) for _ in range(2))
    assert one.run_id == two.run_id
    assert backtest(walk(100), Crossing(period=6)).run_id != one.run_id
    assert backtest(walk(101), Crossing).run_id != one.run_id
    assert backtest(walk(100), Crossing, warm_up=40).run_id != one.run_id
    assert backtest(walk(100), [Crossing, Crossing(period=9)]).run_id.startswith("crossing+1-")
