"""``data``: good files in, bad files out with one line, and never half a file stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apps.conftest import CSV_HEAD, Command, csv_lines


def put(folder: Path, lines: list[str], name: str = "aapl.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def stored_files(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "data").rglob("*") if p.is_file() and p.name != ".lock")


def test_import_list_check_export_and_back(cli: Command, tmp_path: Path) -> None:
    put(tmp_path, csv_lines())
    done = cli("data", "import", "aapl.csv")
    assert (done.code, done.err.count("note: ")) == (0, 2), done.err
    assert "stored AAPL 1d trade: 30 bars" in done.out
    assert "AAPL 1d trade: 30 bars, 2012-01-03" in cli("data", "list").out
    assert "AAPL: 30 rows, 30 kept; no flags" in cli("data", "check").out
    assert cli("data", "export", "AAPL", "out.csv").out == "wrote 30 bars to out.csv\n"
    again = cli("data", "export", "AAPL", "out.csv")
    assert (again.code, again.error) == (
        4,
        "out.csv is there already; choose another name, or --force to write over it",
    )
    back = cli("data", "import", "out.csv", "--folder", "second")
    assert back.code == 0, back.err
    assert cli("data", "list", "--folder", "second", "--json").json["histories"][0]["bars"] == 30


def test_importing_twice_needs_a_word(cli: Command, tmp_path: Path) -> None:
    put(tmp_path, csv_lines())
    assert cli("data", "import", "aapl.csv").code == 0
    before = stored_files(tmp_path)
    done = cli("data", "import", "aapl.csv")
    assert done.code == 4
    assert "is stored already" in done.error
    assert stored_files(tmp_path) == before
    assert cli("data", "import", "aapl.csv", "--append").code == 0
    assert cli("data", "import", "aapl.csv", "--replace", "--append").error == "give --replace or --append, not both"


ROW = "2012-01-03,100.00,102.00,99.00,100.50,1000"
BAD_FILES = [
    ("a corrupt row", [ROW, "2012-01-04,100.00,abc,99.00,100.50,1000"], 4,
     "aapl.csv, line 3: high 'abc' is not a number; mend"),
    ("too few fields", [ROW, "2012-01-04,100.00,101"], 4, "aapl.csv, line 3: 3 fields where the header has 6"),
    ("a closed day", [ROW, "2012-01-07,100.00,102.00,99.00,100.50,1"], 4,
     "line 3: date '2012-01-07' is not a date on which XNYS"),
    ("no rows", [], 4, "aapl.csv has a header but no usable line"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rows", "code", "message"), BAD_FILES, ids=[b[0] for b in BAD_FILES])
def test_a_bad_file_stores_nothing(
    cli: Command, tmp_path: Path, what: str, rows: list[str], code: int, message: str
) -> None:
    put(tmp_path, [CSV_HEAD, *rows])
    done = cli("data", "import", "aapl.csv")
    assert done.code == code
    assert message in done.error
    assert stored_files(tmp_path) == []


def test_bad_rows_may_be_dropped_and_are_counted(cli: Command, tmp_path: Path) -> None:
    lines = csv_lines()
    cells = lines[5].split(",")
    lines[5] = ",".join([*cells[:2], "x1", *cells[3:]])
    lines[9] += ",7"
    put(tmp_path, lines)
    done = cli("data", "import", "aapl.csv", "--on-bad-row", "drop", "--json")
    assert done.code == 0, done.err
    assert [row["line"] for row in done.json["dropped"]] == [6, 10]
    assert done.json["stored"][0]["bars"] == 28


def test_an_unknown_column(cli: Command, tmp_path: Path) -> None:
    put(tmp_path, ["date,open,high,low,clse,volume", ROW])
    done = cli("data", "import", "aapl.csv")
    assert (done.code, stored_files(tmp_path)) == (4, [])
    assert "no column for 'close'" in done.error
    assert "did you mean 'clse'? Give --columns close=clse" in done.error
    assert cli("data", "import", "aapl.csv", "--columns", "close=clse").code == 0
    assert cli("data", "import", "aapl.csv", "--columns", "close=cls", "--replace").code == 2
    wrong = cli("data", "import", "aapl.csv", "--columns", "clse")
    assert (wrong.code, "is not FIELD=COLUMN" in wrong.error) == (4, True)


def test_a_wrong_time_zone(cli: Command, tmp_path: Path) -> None:
    rows = [f"2012-01-03 10:{m:02d},100.00,102.00,99.00,100.50,1000" for m in range(30)]
    put(tmp_path, [CSV_HEAD.replace("date", "time"), *rows])
    done = cli("data", "import", "aapl.csv", "--tz", "Mars/Olympus", "--stamp", "close")
    assert (done.code, stored_files(tmp_path)) == (4, [])
    assert done.error == "unknown time zone 'Mars/Olympus'; use an IANA name such as America/New_York or UTC"
    assert cli("data", "import", "aapl.csv", "--tz", "UTC", "--stamp", "noon").code == 4


def test_duplicates_and_missing_prices_are_counted(cli: Command, tmp_path: Path) -> None:
    lines = csv_lines()
    lines.insert(4, lines[4])  # the same bar twice
    cells = lines[10].split(",")
    lines[10] = ",".join([*cells[:2], "", *cells[3:]])  # no high
    put(tmp_path, lines)
    assert cli("data", "import", "aapl.csv").code == 0
    found = cli("data", "check", "--json").json["symbols"][0]
    assert found["flags"] == {"gap": 1, "duplicate": 1, "not_a_number": 1}
    assert (found["rows"], found["kept"], found["dropped"]) == (31, 29, 2)


def test_what_is_not_there(cli: Command) -> None:
    assert cli("data", "import", "no.csv").code == 2
    assert cli("data", "check", "--symbols", "XYZ").code == 2
    assert "the catalogue 'data' is empty; fill it with" in cli("data", "check").error
    assert cli("data", "export", "AAPL", "x.csv").code == 2
    done = cli("data", "list")
    assert "empty; fill it with: consilience data import FILE" in done.out
    assert "demo (--data demo)" in done.out


def test_a_damaged_catalogue_is_told(cli: Command, tmp_path: Path) -> None:
    put(tmp_path, csv_lines())
    cli("data", "import", "aapl.csv")
    file = next((tmp_path / "data").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-5])
    done = cli("data", "check")
    assert done.code == 4
    assert "is not the one that was stored; import AAPL again" in done.error


@pytest.mark.parametrize(
    "option",
    [("--price-increment", "x"), ("--lot", "-1"), ("--multiplier", "0"), ("--kind", "stock"), ("--timeframe", "1y")],
)
def test_bad_options_say_so(cli: Command, tmp_path: Path, option: tuple[str, str]) -> None:
    put(tmp_path, csv_lines())
    done = cli("data", "import", "aapl.csv", *option)
    assert done.code == 4
    assert option[1] in done.error
    assert stored_files(tmp_path) == []


def test_the_configured_folder_is_used_and_its_symbols_do_not_filter_an_import(cli: Command, tmp_path: Path) -> None:
    text = 'config_version = 1\n[data]\nfolder = "bars"\nsymbols = ["MSFT"]\n'
    (tmp_path / "consilience.toml").write_text(text, encoding="utf-8")
    put(tmp_path, csv_lines())
    assert cli("data", "import", "aapl.csv").code == 0
    assert (tmp_path / "bars" / "manifest.json").is_file()


WIDE = ["Date,AAPL,MSFT", "2012-01-03,58.75,26.77", "2012-01-04,59.06,27.40", "2012-01-05,59.72,27.68"]


def test_a_wide_table_is_stored_as_closes_and_says_so(cli: Command, tmp_path: Path) -> None:
    put(tmp_path, WIDE, "closes.csv")
    done = cli("data", "import", "closes.csv", "--wide")
    assert done.code == 0, done.err
    assert "prices within a bar are not known, so open, high and low are the close" in done.err
    assert "stored MSFT 1d trade: 3 bars" in done.out
    assert cli("data", "check").code == 0
    assert "--wide" in cli("data", "import", "--help").out


@pytest.mark.parametrize(
    ("lines", "words", "code", "message"),
    [
        ([*WIDE, "2012-01-06,x,28.11"], [], 4, "closes.csv, line 5: AAPL 'x' is not a number; mend"),
        (WIDE, ["--symbols", "MSTF"], 2, "unknown symbol 'MSTF'; did you mean 'MSFT'? among the headings"),
        (WIDE, ["--symbol", "X"], 4, "takes its symbols from the headings"),
    ],
)
def test_a_bad_wide_table_stores_nothing(
    cli: Command, tmp_path: Path, lines: list[str], words: list[str], code: int, message: str
) -> None:
    put(tmp_path, lines, "closes.csv")
    done = cli("data", "import", "closes.csv", "--wide", *words)
    assert (done.code, stored_files(tmp_path)) == (code, [])
    assert message in done.error
