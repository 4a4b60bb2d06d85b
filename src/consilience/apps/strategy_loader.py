"""Strategies by name: the catalogue, ``strategies/*.py`` of the working folder, or ``path/to/file.py[:ClassName]``.

Only the one file that holds the strategy is run; the others in the folder are parsed for class names, not imported.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from consilience.apps.user_faults import MODULE_PREFIX, own_fault
from consilience.core.errors import NotFound, StrategyError
from consilience.strategies.base import CallbackStrategy, Strategy
from consilience.strategies.catalog import STRATEGIES

FOLDER = "strategies"
FUSED = "fused"  # decided by a fusion profile; it stands above the strategies of the catalogue
_BASES = (Strategy, CallbackStrategy)


def find_strategy(name: str, folder: str | Path = FOLDER) -> type[Strategy]:
    """The strategy class called ``name`` (snake_case or ClassName), or in the file that ``name`` gives.

    Raises NotFound for an unknown name or file, StrategyError for a file that does not hold one clear strategy.
    """
    path, _, wanted = name.partition(":") if ".py:" in name else (name, "", "")
    if path.endswith(".py"):
        return load_strategy(Path(path), wanted)
    own = local_strategies(folder)
    plain = snake_name(name)
    if plain == FUSED:
        from consilience.engine.fused import Fused

        return Fused
    catalogued = STRATEGIES.get(plain)
    if plain in own:
        file, class_name = own[plain]
        if catalogued is not None:
            raise StrategyError(
                f"'{plain}' is both in the catalogue and in {file}; rename yours or give {file}:{class_name}"
            )
        return load_strategy(file, class_name)
    if catalogued is None:
        namesake = Path(folder) / f"{plain}.py"
        if namesake.is_file():
            load_module(namesake)  # where it does not run, that is the fault to tell
        raise NotFound.named("strategy", name, {*STRATEGIES, *own}, "(or give path/to/file.py:ClassName)")
    return catalogued


def make_strategy(name: str, parameters: Mapping[str, Any] | None = None, folder: str | Path = FOLDER) -> Strategy:
    """An instance with ``parameters``. Raises StrategyError for unknown ones and values out of range."""
    return find_strategy(name, folder)(**(parameters or {}))


def local_strategies(folder: str | Path = FOLDER) -> dict[str, tuple[Path, str]]:
    """Snake name -> (file, class) of the strategies in ``folder``, by text; those that don't parse are left out."""
    found: dict[str, tuple[Path, str]] = {}
    for file, tree in _trees(folder):
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)] if tree else []
        for node in classes:
            if any(isinstance(m, ast.FunctionDef) and m.name in _METHODS for m in node.body):
                found.setdefault(snake_name(node.name), (file, node.name))
    return found


def broken_files(folder: str | Path = FOLDER) -> list[Path]:
    """Files of ``folder`` that cannot be read as Python and so are left out by ``local_strategies``."""
    return [file for file, tree in _trees(folder) if tree is None]


def _trees(folder: str | Path) -> Iterator[tuple[Path, ast.Module | None]]:
    for file in sorted(Path(folder).glob("*.py")):
        try:
            yield file, ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError, OSError):  # a text that is not UTF-8 is a ValueError
            yield file, None


_METHODS = frozenset({"define", "declare", *(n for n in vars(CallbackStrategy) if n.startswith("on_"))})


def load_strategy(file: Path, class_name: str = "") -> type[Strategy]:
    """The strategy in ``file``; ``class_name`` chooses where there are several."""
    module = load_module(file)
    found = dict(_strategies_of(module))
    if class_name:
        chosen = found.get(class_name) or {snake_name(n): c for n, c in found.items()}.get(class_name)
        if chosen is None:
            raise NotFound.named("strategy class", class_name, found, f"in {file}")
        return chosen
    if not found:
        raise StrategyError(f"{file} has no strategy; write a class in it that derives from consilience.Strategy")
    if len(found) > 1:
        listed = ", ".join(found)
        raise StrategyError(
            f"{file} has {len(found)} strategies ({listed}); say which, like {file}:{next(iter(found))}"
        )
    return next(iter(found.values()))


def load_module(file: Path) -> ModuleType:
    """Run a file of strategies as a module of its own. Every fault is told with its line."""
    if not file.is_file():
        near = sorted(str(p) for p in file.parent.glob("*.py")) if file.parent.is_dir() else []
        hint = f"; there is {', '.join(near[:6])}" if near else "; check the path"
        raise NotFound(f"there is no strategy file '{file}'{hint}")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise StrategyError(f"{file} is not UTF-8 text; save it as UTF-8") from error
    whole = str(file.resolve())
    digest = hashlib.blake2b(f"{whole}\n{text}".encode(), digest_size=6).hexdigest()
    name = f"{MODULE_PREFIX}{re.sub(r'[^0-9a-zA-Z_]', '_', file.stem)}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = whole
    sys.modules[name] = module
    sys.path.insert(0, str(file.resolve().parent))  # so that it can import a helper beside it
    try:
        exec(compile(text, whole, "exec"), module.__dict__)
    except SyntaxError as error:
        sys.modules.pop(name, None)
        raise StrategyError(f"{file}, line {error.lineno}: {error.msg}; mend the file") from error
    except Exception as error:
        sys.modules.pop(name, None)
        raise StrategyError(f"{own_fault(error, whole, file)}; mend the file") from error
    finally:
        sys.path.remove(str(file.resolve().parent))
    return module


def parameters_for(strategies: Sequence[type[Strategy]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Parameters by strategy from ``name`` or ``strategy.name`` keys. Raises NotFound for one that nobody has."""
    result: list[dict[str, Any]] = [{} for _ in strategies]
    for key, value in given.items():
        owner, _, name = key.rpartition(".")
        taken = False
        for strategy, own in zip(strategies, result, strict=True):
            known = {spec.name for spec in strategy.param_specs()}
            if owner in ("", strategy.strategy_name()) and name in known:
                own[name] = value
                taken = True
        if not taken:
            everyone = {spec.name for strategy in strategies for spec in strategy.param_specs()}
            names = (
                {f"{s.strategy_name()}.{p.name}" for s in strategies for p in s.param_specs()} if owner else everyone
            )
            raise NotFound.named("parameter", key, names)
    return result


def snake_name(name: str) -> str:
    """A class name in snake_case, as strategies name themselves; snake_case stays."""
    return re.sub(r"(?<!^)(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _strategies_of(module: ModuleType) -> Iterator[tuple[str, type[Strategy]]]:
    for name, value in vars(module).items():
        own = inspect.isclass(value) and value.__module__ == module.__name__
        if own and issubclass(value, Strategy) and value not in _BASES:
            yield name, value
