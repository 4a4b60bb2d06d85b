"""``screen`` and ``backtest --universe``: members, scores and reasons; mistakes in one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from consilience.apps.config import Config, UniverseConfig, of_profile, to_profile
from consilience.apps.config_file import load_config
from consilience.apps.config_text import toml_text
from consilience.universe.catalog import make_profile
from tests.apps.conftest import Command, command, csv_lines

AT = ("--at", "2012-06-29")


def test_screen_lists_members_and_every_exclusion(cli: Command) -> None:
    done = cli("screen", *AT, "--top", "3")
    assert done.code == 0, done.err
    assert "3 of 5 symbols are in universe 'equity'" in done.out
    assert "rank 5, the best 3 are taken" in done.out
    assert "no universe is configured; using --universe equity" in done.err


def test_screen_as_json_is_point_in_time(cli: Command) -> None:
    found = cli("screen", *AT, "--top", "2", "--json", "--quiet").json
    assert found["at"] == "2012-06-29T20:00:00Z"
    assert [one["symbol"] for one in found["symbols"] if one["member"]] == found["members"]
    assert len(found["members"]) == 2 and len(found["symbols"]) == 5
    ranked = sorted((one for one in found["symbols"] if one["rank"]), key=lambda one: one["rank"])
    scores = [one["score"] for one in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(one["reason"] for one in found["symbols"] if not one["member"])
    cut = cli("screen", "--end", "2012-06-29", "--top", "2", "--json", "--quiet").json
    assert cut["symbols"] == found["symbols"]


def test_an_empty_result_says_why(cli: Command) -> None:
    done = cli("screen", *AT, "--universe", "crypto")
    assert done.code == 0, done.err
    assert "0 of 5 symbols are in universe 'crypto' (5 the spread is not known)" in done.out
    assert "wanted less than 0.05%" in done.out
    assert 'universe file with missing = "pass"' in done.err
    early = cli("screen", "--at", "2001-01-02", "--json", "--quiet").json
    assert {one["symbol"]: one["reason"] for one in early["symbols"]}["FB"] == "no valid bar in this slice"


MISTAKES = [
    (("--at", "someday"), 4, "'someday'"),
    (("--at", "1990-01-01"), 4, "is before the first bar, 2000-03-01"),
    (("--universe", "crypt"), 2, "unknown universe 'crypt'; did you mean 'crypto'?"),
    (("--universe", "none.toml"), 2, "there is no file 'none.toml'"),
    (("--facts", "none.csv"), 2, "there is no file 'none.csv'"),
    (("--top", "-1"), 4, "--top"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code", "text"), MISTAKES)
def test_mistakes_of_the_command(cli: Command, words: tuple[str, ...], code: int, text: str) -> None:
    done = cli("screen", *words)
    assert (done.code, text in done.error) == (code, True), done.err


FILES = [
    ("[filters.volum]\nminimum = 1\n", 2, "unknown universe filter 'volum'; did you mean 'volume'?"),
    ("[universe]\nfilters = { volume = { minimun = 1 } }\n", 2, "did you mean 'minimum'?"),
    ("preset = 'equity'\ntopp = 3\n", 4, "unknown key 'universe.topp'; did you mean 'top'?"),
    ("missing = 'skip'\n", 4, "use exclude, pass"),
    ("top = = 3\n", 4, "mine.toml is not TOML"),
]


@pytest.mark.parametrize(("text", "code", "problem"), FILES)
def test_mistakes_in_a_universe_file(tmp_path: Path, text: str, code: int, problem: str) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    done = command(tmp_path, "screen", "--universe", "mine.toml")
    assert (done.code, problem in done.error) == (code, True), done.err


def test_config_check_reads_the_universe_too(tmp_path: Path) -> None:
    text = 'config_version = 1\n[universe]\npreset = "equity"\nfilters = { volum = true }\n'
    (tmp_path / "consilience.toml").write_text(text, encoding="utf-8")
    done = command(tmp_path, "config", "check")
    assert (done.code, "did you mean 'volume'?" in done.error) == (2, True), done.err
    (tmp_path / "consilience.toml").write_text(text.replace("volum ", "volume "), encoding="utf-8")
    assert command(tmp_path, "config", "check").code == 0


def test_facts_of_a_file_decide_and_close(tmp_path: Path) -> None:
    lines = csv_lines(30)
    rows = [f"AAA,{line}" for line in lines[1:]] + [f"BBB,{line}" for line in lines[1:16]]
    (tmp_path / "bars.csv").write_text("\n".join([f"symbol,{lines[0]}", *rows]) + "\n", encoding="utf-8")
    days = [line.split(",")[0] for line in lines[1:]]
    facts = ["symbol,time,member,status", f"AAA,{days[0]},1,", f"BBB,{days[0]},1,", f"AAA,{days[20]},0,"]
    facts.append(f"BBB,{days[15]},,delisted")
    (tmp_path / "facts.csv").write_text("\n".join(facts) + "\n", encoding="utf-8")
    (tmp_path / "list.toml").write_text("[filters]\nmembership = true\n", encoding="utf-8")
    words = ("screen", "--data", "bars.csv", "--stamp", "close", "--facts", "facts.csv", "--universe", "list.toml")
    reasons = []
    for at in (days[10], days[18], days[25]):
        found = command(tmp_path, *words, "--at", at, "--json", "--quiet")
        assert found.code == 0, found.err
        reasons.append({one["symbol"]: one["reason"] for one in found.json["symbols"]})
    assert reasons == [
        {"AAA": "", "BBB": ""},
        {"AAA": "", "BBB": "the instrument was delisted"},
        {"AAA": "not on the membership list at that time", "BBB": "the instrument was delisted"},
    ]


def test_a_universe_of_the_configuration_round_trips() -> None:
    config = load_config(None, {"universe.preset": "crypto", "universe.top": 3}, {}, search=False).config
    assert Config.model_validate(tomllib.loads(toml_text(config))) == config
    changes = {"filters": {"spread": False, "price": {"minimum": 2.0}}, "on_exit": "close", "side": "long"}
    for profile in (make_profile("crypto", changes), make_profile("equity"), make_profile()):
        assert to_profile(of_profile(profile)) == profile
    assert to_profile(UniverseConfig()) == make_profile()


def why_text(folder: Path, *words: str) -> Any:
    done = command(folder, "why", *words)
    assert done.code == 0, done.err
    return done.out


def test_backtest_with_a_universe_is_explained_and_replayed(tmp_path: Path) -> None:
    (tmp_path / "tight.toml").write_text("[filters]\nprice = { minimum = 500 }\n", encoding="utf-8")
    words = ("backtest", "--strategy", "moving_average_cross", "--symbols", "AAPL,GOOG", "--start", "2011-06-01")
    done = command(tmp_path, *words, "--end", "2012-12-31", "--universe", "tight.toml", "--json", "--quiet")
    assert done.code == 0, done.err
    stopped = {r["reason"]: r for r in done.json["rejections"]}
    told = stopped["the price is outside the allowed range"]
    assert told["gate"] == "universe" and "AAPL" in told["example"]
    day = told["example"][:10]
    text = why_text(tmp_path, "AAPL", "--at", day)
    assert "stopped at the universe gate: the price is outside the allowed range" in text
    again = command(tmp_path, "replay")
    assert again.code == 0 and "the same, bit for bit" in again.out, again.out + again.err


def test_a_sweep_takes_a_fixed_universe_and_refuses_one_that_follows_trades(tmp_path: Path) -> None:
    (tmp_path / "tight.toml").write_text("[filters]\nprice = { minimum = 500 }\n", encoding="utf-8")
    (tmp_path / "consilience.toml").write_text(
        'config_version = 1\n[data]\nsymbols = ["AAPL", "GOOG"]\nstart = "2011-06-01"\n'
        "[universe.filters]\nprice = { minimum = 500 }\n",
        encoding="utf-8",
    )
    sweep = ("sweep", "--strategy", "moving_average_cross", "--param", "fast=10,20", "--json", "--quiet")
    best = command(tmp_path, *sweep)
    assert best.code == 0, best.err
    alone = command(
        tmp_path, "backtest", "--strategy", "moving_average_cross",
        "--param", f"fast={best.json['best'][0]['fast']}", "--json", "--quiet",
    )  # fmt: skip
    assert best.json["best"][0]["trades"] == len([t for t in alone.json["trades"] if not t["open"]])
    text = (tmp_path / "consilience.toml").read_text(encoding="utf-8")
    (tmp_path / "consilience.toml").write_text(
        text.replace("[universe.", "[universe]\ntop = 1\ndecay_minutes = 5\n[universe.")
    )
    refused = command(tmp_path, *sweep)
    assert (refused.code, "set decay_minutes = 0" in refused.error) == (4, True), refused.err
