"""Files of facts: what each column means, and mistakes told with their line."""

from __future__ import annotations

import pytest

from consilience.adapters.storage.facts_file import read_facts
from consilience.core.codes import Fact
from consilience.core.errors import DataError, NotFound
from consilience.core.time import parse_time

TEXT = """symbol,time,market_cap,shares,spread,status,member,listed,new_symbol
AAA,2012-01-03,5e9,,0.0004,trading,1,2001-05-01,
BBB,2012-01-04,,1000000,,suspended,no,,
BBB,2012-02-01,,,,delisted,,,
AAA,2012-03-01,,,,,,,AAB
"""


def put(folder, text=TEXT):
    path = folder / "facts.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_column(tmp_path):
    found = read_facts(put(tmp_path))
    assert [(f.symbol, f.field.name, f.value) for f in found.facts if f.symbol == "AAA"] == [
        ("AAA", "MARKET_CAP", 5e9),
        ("AAA", "SPREAD", 0.0004),
        ("AAA", "STATUS", 1.0),
        ("AAA", "MEMBER", 1.0),
        ("AAA", "LISTED", parse_time("2001-05-01") / 86_400e9),
    ]
    assert [(f.field, f.value) for f in found.facts if f.symbol == "BBB"] == [
        (Fact.SHARES, 1e6), (Fact.STATUS, 0.0), (Fact.MEMBER, 0.0), (Fact.STATUS, 0.0)
    ]  # fmt: skip
    assert {f.ts_known for f in found.facts if f.symbol == "AAA"} == {parse_time("2012-01-03")}
    assert [(a.kind, a.symbol, a.new_symbol, a.ts_event) for a in found.actions] == [
        ("delisting", "BBB", "", parse_time("2012-02-01")),
        ("rename", "AAA", "AAB", parse_time("2012-03-01")),
    ]


MISTAKES = [
    ("symbol,time,status\nX,2012-01-03,paused\n", "line 2: status 'paused' is none of trading"),
    ("symbol,time,market_cap\nX,2012-01-03,much\n", "line 2: market_cap 'much' is not a number"),
    ("symbol,time,marketcap\nX,2012-01-03,5\n", "column 'marketcap' is no fact; did you mean 'market_cap'?"),
    ("symbol,time,status\nX,2012-01-03,trading\nX,soon,trading\n", "line 3: time 'soon' is not a time"),
    ("time,status\n2012-01-03,trading\n", "has no column 'symbol'"),
]


@pytest.mark.parametrize(("text", "problem"), MISTAKES)
def test_mistakes_name_the_line(tmp_path, text, problem):
    with pytest.raises(DataError) as caught:
        read_facts(put(tmp_path, text))
    assert problem in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(NotFound):
        read_facts(tmp_path / "none.csv")
