"""Strategies by name, from the working folder and from files; each fault with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from consilience.apps.strategy_loader import find_strategy, local_strategies, make_strategy, parameters_for
from consilience.core.errors import NotFound, StrategyError
from consilience.strategies.catalog import STRATEGIES

HEAD = "from consilience.strategies import Entry, Param, Strategy, ta\n"
GOOD = """
class {name}(Strategy):
    '''Buys.'''
    period = Param(5, low=1, high=9)
    def define(self, bar):
        return Entry(long=ta.crosses_above(bar.close, ta.sma(bar.close, self.period)))
"""


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["macd_cross", "MacdCross"])
def test_the_catalogue_by_either_name(name: str) -> None:
    assert find_strategy(name) is STRATEGIES["macd_cross"]


def test_a_class_of_the_folder_by_snake_and_class_name(tmp_path: Path) -> None:
    put(tmp_path, "mine.py", HEAD + GOOD.format(name="DipBuyer"))
    assert find_strategy("dip_buyer", tmp_path).__name__ == "DipBuyer"
    assert find_strategy("DipBuyer", tmp_path).strategy_name() == "dip_buyer"
    assert make_strategy("dip_buyer", {"period": 7}, tmp_path).parameters == {"period": 7}


def test_only_the_file_that_is_asked_for_runs(tmp_path: Path) -> None:
    put(tmp_path, "a.py", HEAD + GOOD.format(name="First"))
    put(tmp_path, "b.py", HEAD + "raise RuntimeError('must not run')\n" + GOOD.format(name="Second"))
    put(tmp_path, "c.py", "this is no Python\n")
    assert set(local_strategies(tmp_path)) == {"first", "second"}
    assert find_strategy("first", tmp_path).__name__ == "First"


def test_a_file_with_and_without_a_class_name(tmp_path: Path) -> None:
    path = put(tmp_path, "two.py", HEAD + GOOD.format(name="One") + GOOD.format(name="Two"))
    assert find_strategy(f"{path}:Two").__name__ == "Two"
    assert find_strategy(f"{path}:two").__name__ == "Two"
    with pytest.raises(StrategyError, match=r"has 2 strategies \(One, Two\); say which, like .*two.py:One"):
        find_strategy(str(path))
    with pytest.raises(NotFound, match=r"unknown strategy class 'Too' in .*|did you mean 'Two'"):
        find_strategy(f"{path}:Too")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = put(tmp_path, "x.py", HEAD + GOOD.format(name="Old"))
    assert find_strategy(str(path)).__name__ == "Old"
    put(tmp_path, "x.py", HEAD + GOOD.format(name="New"))
    assert find_strategy(str(path)).__name__ == "New"


def test_a_helper_beside_it_can_be_imported(tmp_path: Path) -> None:
    put(tmp_path, "helper_of_mine_91.py", "PERIOD = 4\n")
    text = (
        HEAD + "from helper_of_mine_91 import PERIOD\n" + GOOD.format(name="Helped").replace("Param(5", "Param(PERIOD")
    )
    assert find_strategy(str(put(tmp_path, "helped.py", text))).param_specs()[0].default == 4


FAULTS = [
    (HEAD + "x = 1\n", "has no strategy; write a class in it that derives from consilience.Strategy"),
    (HEAD + "class A(Strategy:\n", "line 2: "),
    (HEAD + "y = undefined_name\n", "line 2: NameError: name 'undefined_name' is not defined; mend the file"),
    (HEAD + "import no_such_module_77\n", "line 2: ModuleNotFoundError: No module named 'no_such_module_77'"),
    (HEAD + "class A(Strategy):\n    fast = Param(5, low=9)\n", "A: the default fast=5 is below 9; mend"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_a_fault_names_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = put(tmp_path, "faulty.py", text)
    with pytest.raises(StrategyError) as caught:
        find_strategy(str(path))
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"there is no strategy file 'nowhere.py'"):
        find_strategy("nowhere.py")
    with pytest.raises(NotFound, match=r"unknown strategy 'macd_cros'; did you mean 'macd_cross'\?"):
        find_strategy("macd_cros", tmp_path)


def test_a_name_of_the_catalogue_again_is_ambiguous(tmp_path: Path) -> None:
    put(tmp_path, "same.py", HEAD + GOOD.format(name="MacdCross"))
    with pytest.raises(StrategyError, match=r"both in the catalogue and in .*same.py; rename yours or give"):
        find_strategy("macd_cross", tmp_path)


def test_parameters_go_to_those_that_have_them() -> None:
    classes = [STRATEGIES["macd_cross"], STRATEGIES["rsi_mean_reversion"]]
    given = {"fast": 5, "stop_atr": 2.0, "rsi_mean_reversion.period": 9}
    assert parameters_for(classes, given) == [{"fast": 5, "stop_atr": 2.0}, {"stop_atr": 2.0, "period": 9}]
    with pytest.raises(NotFound, match=r"unknown parameter 'fsat'; did you mean 'fast'\?"):
        parameters_for(classes, {"fsat": 5})
    with pytest.raises(NotFound, match=r"unknown parameter 'macd_cross.period'"):
        parameters_for(classes, {"macd_cross.period": 5})
