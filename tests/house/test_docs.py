"""The reference pages say what the catalogues say."""

from pathlib import Path

import pytest

from consilience.features.catalog import FEATURES
from consilience.strategies.catalog import STRATEGIES
from tools import docs


def test_the_reference_pages_are_current() -> None:
    assert docs.stale() == []


def test_a_changed_page_is_noticed_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "FOLDER", tmp_path)
    assert sorted(docs.stale()) == sorted(docs.PAGES)
    assert docs.main([]) == 0
    assert docs.stale() == []
    (tmp_path / "metrics.md").write_text("edited", encoding="utf-8")
    assert docs.main(["--check"]) == 1


def test_every_catalogued_thing_is_on_a_page() -> None:
    text = "\n".join(make() for make in docs.PAGES.values())
    for names in (FEATURES, STRATEGIES):
        assert [n for n in names if f"## {n}\n" not in text] == []
