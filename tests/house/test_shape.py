"""Sizes: each limit passes at its edge and is caught one past it."""

from __future__ import annotations

import pytest

from tools.house_check import check_source

PATH = "src/consilience/research/sample.py"


def rules(text: str, path: str = PATH) -> list[str]:
    return [finding.rule for finding in check_source(path, text)]


def body(lines: int) -> str:
    return "    x = 1\n" * lines


@pytest.mark.parametrize(("lines", "expected"), [(400, []), (401, ["file-size"])])
def test_file_size(lines: int, expected: list[str]) -> None:
    assert rules("x = 1\n" * lines) == expected


@pytest.mark.parametrize(("lines", "expected"), [(60, []), (61, ["function-size"])])
def test_function_size(lines: int, expected: list[str]) -> None:
    assert rules("def f() -> None:\n" + body(lines - 1)) == expected


def test_a_docstring_does_not_count() -> None:
    docstring = '    """What.\n\n' + "    More.\n" * 30 + '    """\n'
    assert rules("def f() -> None:\n" + docstring + body(59)) == []


@pytest.mark.parametrize(
    ("lines", "comment", "expected"),
    [
        (60, "", []),
        (61, "", ["function-size"]),
        (120, "# long kernel: one pass over the book\n", []),
        (120, "# long kernel:\n", ["function-size"]),
        (121, "# long kernel: one pass over the book\n", ["function-size"]),
    ],
)
def test_kernel_size(lines: int, comment: str, expected: list[str]) -> None:
    text = f"from consilience.core.jit import njit\n\n{comment}@njit\ndef fill_nb():\n" + body(lines - 1)
    assert rules(text) == expected


def test_a_long_kernel_comment_excuses_no_other_function() -> None:
    assert rules("# long kernel: no, it is not\ndef f():\n" + body(60)) == ["function-size"]


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("def f(a, b, c, d, e, g, h)", []),
        ("def f(a, b, c, d, e, g, h, i)", ["parameters"]),
        ("def f(a, b, c, d, *, e, g, h, i)", ["parameters"]),
        ("# many parameters: the public face of a sweep\ndef f(a, b, c, d, *, e, g, h, i)", []),
        ("# many parameters: \ndef f(a, b, c, d, *, e, g, h, i)", ["parameters"]),
        ("# many parameters: still positional\ndef f(a, b, c, d, e, g, h, i)", ["parameters"]),
        ("# many parameters: not public\ndef _f(a, b, c, d, *, e, g, h, i)", ["parameters"]),
        ("# many parameters: a kernel never\ndef f_nb(a, b, c, d, *, e, g, h, i)", ["parameters"]),
    ],
)
def test_parameters(signature: str, expected: list[str]) -> None:
    assert rules(f"{signature}: ...\n") == expected


def test_self_does_not_count() -> None:
    assert rules("class A:\n    def f(self, a, b, c, d, e, g, h): ...\n") == []


def test_a_finding_names_file_line_and_remedy() -> None:
    (finding,) = check_source(PATH, "x = 1\n\ndef f(a, b, c, d, e, g, h, i): ...\n")
    assert str(finding) == f"{PATH}:3: parameters: f takes 8 parameters; group them in a struct, 7 is the most"
