"""File, environment and flags: who wins, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from consilience.apps.config import Config, to_settings
from consilience.apps.config_file import all_keys, key_lines, load_config
from consilience.apps.config_text import toml_text
from consilience.core.errors import ConfigError, ConsilienceError, NotFound
from consilience.core.time import DAY, parse_time
from consilience.engine.settings import Settings


def written(folder: Path, text: str) -> Path:
    path = folder / "consilience.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_flags_beat_environment_beats_file_beats_defaults(tmp_path: Path) -> None:
    file = written(tmp_path, "config_version = 1\n[account]\ncash = 1000\nleverage = 2\nfraction = 0.2\n")
    environment = {"CONSILIENCE__ACCOUNT__LEVERAGE": "3", "CONSILIENCE__ACCOUNT__FRACTION": "0.3", "HOME": "x"}
    loaded = load_config(file, {"account.fraction": 0.4, "data.symbols": None}, environment)
    account = loaded.config.account
    assert (account.cash, account.leverage, account.fraction, account.max_gross) == (1000, 3, 0.4, 0)
    assert loaded.origins[("account", "cash")] == "consilience.toml, line 3"
    assert loaded.origins[("account", "leverage")] == "environment CONSILIENCE__ACCOUNT__LEVERAGE"
    assert loaded.origins[("account", "fraction")] == "--fraction"


def test_the_defaults_are_those_of_the_engine() -> None:
    assert to_settings(Config()) == Settings()


def test_an_end_day_is_whole_and_a_moment_is_itself(tmp_path: Path) -> None:
    file = written(tmp_path, "config_version = 1\n[data]\nstart = 2012-01-05\nend = '20120131'\n")
    data = load_config(file, environment={}).config.data
    assert data.start == "2012-01-05"
    assert data.end_ns == parse_time("2012-01-31") + DAY
    moment = load_config(None, {"data.end": "2012-01-31T12:00"}, {}, search=False).config.data
    assert moment.end_ns == parse_time("2012-01-31T12:00")


def test_lists_from_one_text(tmp_path: Path) -> None:
    loaded = load_config(None, {}, {"CONSILIENCE__DATA__SYMBOLS": "AAPL, MSFT"}, search=False)
    assert loaded.config.data.symbols == ("AAPL", "MSFT")


MISTAKES = [
    ("config_version = 1\n[data]\nsymbls = []\n",
     "consilience.toml, line 3: unknown key 'data.symbls'; did you mean 'symbols'?"),
    ("config_version = 1\ncash = 5\n", "consilience.toml, line 2: unknown key 'cash'; did you mean 'account.cash'?"),
    ("config_version = 1\n[acount]\ncash = 5\n",
     "consilience.toml, line 2: unknown key 'acount'; did you mean 'account'?"),
    ("config_version = 1\n[account]\ncash = -5\n",
     "consilience.toml, line 3: account.cash=-5: it should be greater than 0"),
    ("config_version = 1\n[account]\ncash = 'much'\n",
     "consilience.toml, line 3: account.cash='much': it should be a valid number"),
    ("config_version = 1\n[record]\nlevel = 'all'\n",
     "consilience.toml, line 3: record.level='all' is not allowed; use none, events, full"),
    ("config_version = 1\n[data]\nstart = 'May'\n",
     "consilience.toml, line 3: 'May' is not a date; write it like 2012-06-30"),
    ("config_version = 1\n[data]\ntimeframe = '1x'\n", "consilience.toml, line 3: '1x' is not a timeframe"),
    ("config_version = 1\n[data]\nstart = '2012-05-01'\nend = '2012-04-01'\n",
     "consilience.toml, line 3 and consilience.toml, line 4: start 2012-05-01 lies after end 2012-04-01"),
    ("config_version = 1\n[[strategies]]\nname = 'macd_cross'\n[[strategies]]\nnme = 'x'\n",
     "line 5: unknown key 'strategies.1.nme'; did you mean 'name'?"),
    ("config_version = 1\n[data]\nsource = demo\n",
     "consilience.toml, line 3: not TOML (invalid value); texts need quotes"),
    ("config_version = 2\n", "consilience.toml has config_version 2; this program reads 1"),
    ("[data]\n", "consilience.toml has no config_version; put 'config_version = 1' on its first line"),
    ("config_version = 1\n[data]\napi_key = 'k'\n", "line 3: 'api_key' looks like a secret"),
    ("config_version = 1\n[risk]\nmax_losses = 9\nhalt_losses = 5\n", "consilience.toml, line 3 and consilience.toml, "
     "line 4: risk: max_losses=9 is above halt_losses=5"),
    ("config_version = 1\n[risk]\npreset = 'standard'\nhalt_losses_level = 7\n",
     "consilience.toml, line 4: risk: halt_losses_level=7 is outside 1..3"),
    ("config_version = 1\n[sizing]\nmethod = 'kely'\n", "line 3: sizing: method='kely' is unknown; use"),
    ("config_version = 1\n[exits]\nstop = 'far'\n", "line 3: exits: stop='far' is unknown; use"),
    ("config_version = 1\n[orchestrator]\nfade = 0.7\n", "line 3: orchestrator fade=0.7 is above threshold=0.62"),
    ("config_version = 1\naccount = 5\n", "consilience.toml, line 2: 'account' must be a [section]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text), environment={})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_mistakes_are_counted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\(and 1 more\)"):
        load_config(written(tmp_path, "config_version = 1\n[data]\na = 1\nb = 2\n"), environment={})


def test_an_unknown_preset_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"^consilience.toml, line 3: unknown risk preset 'standrd'; did you mean"):
        load_config(written(tmp_path, "config_version = 1\n[risk]\npreset = 'standrd'\n"), environment={})


def test_an_unknown_variable_is_a_mistake_too() -> None:
    with pytest.raises(ConfigError, match=r"environment CONSILIENCE__ACCOUNT__CSH: unknown key 'account.csh'; did you"):
        load_config(None, {}, {"CONSILIENCE__ACCOUNT__CSH": "5"}, search=False)


def test_keys_that_do_not_fit_together_name_both_places(tmp_path: Path) -> None:
    file = written(tmp_path, "config_version = 1\n[data]\nstart = '2012-05-01'\n")
    with pytest.raises(ConfigError, match=r"^consilience.toml, line 3 and --end: start 2012-05-01 lies after end 1999"):
        load_config(file, {"data.end": "1999-01-01"}, {})


def test_the_text_of_a_configuration_is_read_back_as_it_was(tmp_path: Path) -> None:
    config = Config.model_validate(
        {
            "seed": 7,
            "data": {"source": 'my "bars".csv', "symbols": ["A", "B"], "columns": {"close": "last price", "a b": "c"}},
            "account": {"cash": 1e12, "allow_short": False},
            "execution": {"fee_parameters": {"rate": 1e-5}},
            "strategies": [{"name": "one"}, {"name": "two.py:Ü", "parameters": {"x": True, "y": 3, "z": "\x7f\n"}}],
            "report": {"title": "Grüße\t→"},
        }
    )
    assert load_config(written(tmp_path, toml_text(config)), environment={}).config == config


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="make one with: consilience init"):
        load_config(tmp_path / "no.toml")


def test_every_error_has_the_shells_exit_code() -> None:
    assert issubclass(ConfigError, ConsilienceError)
    assert ConfigError.exit_code == 4
    assert NotFound.exit_code == 2


def test_lines_of_keys_in_tables_and_arrays_of_tables() -> None:
    text = "a = 1\n[b]\nc = 2  # d = 3\n[[s]]\nn = 1\n[s.p]\nq = 1\n[[s]]\nn = 2\n"
    assert key_lines(text) == {
        ("a",): 1, ("b",): 2, ("b", "c"): 3, ("s", 0): 4, ("s", 0, "n"): 5, ("s", 0, "p"): 6, ("s", 0, "p", "q"): 7,
        ("s", 1): 8, ("s", 1, "n"): 9,
    }  # fmt: skip


def test_every_key_is_known() -> None:
    assert {"data.source", "account.cash", "execution.fee", "strategies", "seed"} <= set(all_keys())
