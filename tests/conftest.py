"""What every test may rely on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.examples import examples

ROOT = Path(__file__).resolve().parent.parent

# The same examples in every run, and no deadline: the first call of a kernel may compile.
settings.register_profile("house", derandomize=True, deadline=None, print_blob=True, max_examples=examples(100))
settings.load_profile("house")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The optional folder of recorded market data; a test that asks for it is skipped where it is absent."""
    folder = Path(os.environ.get("CONSILIENCE_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no recorded data in {folder}; set CONSILIENCE_SHARED_DATA")
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests write nothing into the user's folders.

    The kernel cache is the exception: it is named by the hash of its sources, so sharing it is safe, and
    compiling it again for every session would cost a minute.
    """
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        yield
