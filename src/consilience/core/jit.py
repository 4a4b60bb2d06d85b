"""The one door to Numba: where kernels are compiled, cached and generated.

Two laws live here. The cache folder is named by the hash of all kernel sources, because Numba does not
notice when a kernel that another file's kernel calls has changed and then returns wrong numbers. And
derived kernels are generated as importable modules, because closures compile again in every process.

With ``NUMBA_DISABLE_JIT=1`` every kernel is plain Python: the oracle of the compiled form.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from consilience.core.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent.parent
KERNEL_ROOMS = (
    "core", "market", "features", "options", "risk", "portfolio", "execution", "signals", "universe", "engine",
    "research", "learning",
)  # fmt: skip
KEEP_CACHES = 4  # older kernel caches are removed when a new one is made

Function = TypeVar("Function", bound=Callable[..., Any])


def _kernel_hash() -> str:
    """Hash of every source file that holds a kernel or a step, with the versions that shape the machine code."""
    digest = hashlib.blake2b(digest_size=10)
    digest.update(f"{sys.version_info[:2]}".encode())
    for room in KERNEL_ROOMS:
        for path in sorted((_PACKAGE / room).rglob("*.py")):
            text = path.read_bytes()
            if b"njit" in text or b"def step" in text or b"_nb(" in text:
                digest.update(str(path.relative_to(_PACKAGE)).encode())
                digest.update(text)
    return digest.hexdigest()


def _cache_root() -> Path:
    given = os.environ.get("CONSILIENCE_CACHE_DIR")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "consilience"


def _drop_old_caches(root: Path, keep: Path) -> None:
    others = [p for p in root.glob("kernels-*") if p.is_dir() and p != keep]
    for path in sorted(others, key=lambda p: p.stat().st_mtime, reverse=True)[KEEP_CACHES - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _prepare() -> Path:
    root = _cache_root()
    folder = root / f"kernels-{_kernel_hash()}"
    if not folder.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"the kernel cache {root} cannot be made ({error.strerror}); "
                "set CONSILIENCE_CACHE_DIR to a folder you may write to"
            ) from error
        _drop_old_caches(root, folder)
    os.environ["NUMBA_CACHE_DIR"] = str(folder / "numba")
    return folder


CACHE_FOLDER = _prepare()

import numba  # noqa: E402  (the cache folder must be set before Numba reads it)
from numba.core import event as _numba_event  # noqa: E402
from numba.core import types as _types  # noqa: E402
from numba.core.types.containers import Tuple as _Tuple  # noqa: E402

JIT_ENABLED: bool = not numba.config.DISABLE_JIT


def _by_width(given: Any) -> Any:
    """The type of an argument without the value that Numba knows of it: a constant 3 is an integer like any other."""
    if isinstance(given, (_types.IntegerLiteral, _types.BooleanLiteral)):
        return given.literal_type
    if isinstance(given, _Tuple):
        return _Tuple([_by_width(part) for part in given])
    return given


def _shared(compiled: Any) -> Any:
    """``compiled``, built once for all constants that kernels call it with; Numba would build it for each anew."""
    if JIT_ENABLED:
        template = compiled.get_call_template
        compiled.get_call_template = lambda args, kws: template(
            [_by_width(a) for a in args], {name: _by_width(a) for name, a in kws.items()}
        )
    return compiled


def njit(function: Function) -> Function:
    """Compile lazily, cached on disk, without the global interpreter lock and with Python's division errors off."""
    compiled: Function = _shared(numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    return compiled


def njit_bare(function: Function) -> Function:
    """``njit`` without reference counting, for kernels that make no array: their calls cost a third."""
    compiled: Function = _shared(numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function))
    return compiled


def njit_inline(function: Function) -> Function:
    """``njit_bare`` that LLVM always inlines: for kernels with one or two callers that take the whole book."""
    made = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)(function)
    compiled: Function = _shared(made)
    return compiled


def njit_part(function: Function) -> Function:
    """A part of one bigger kernel: merged into its caller before compilation, and never compiled alone.

    Numba builds each kernel together with all it calls, so a tower of kernels is built once per storey; the storeys
    in between are parts.
    """
    compiled: Function = numba.njit(nogil=True, error_model="numpy", _nrt=False, inline="always")(function)
    return compiled


def cuda() -> Any:
    """Numba's CUDA module. Raises ConfigError, in one line, where there is no GPU that it could use."""
    try:
        from numba import cuda as found
    except ImportError as error:
        raise ConfigError("no CUDA: install the extra 'cuda' of consilience, or leave --device cuda out") from error
    if not found.is_available():
        raise ConfigError(
            "no CUDA device: it takes an NVIDIA GPU, its driver and the extra 'cuda' of consilience (numba-cuda); "
            "leave --device cuda out to run on the CPU"
        )
    return found


class _CompileListener(_numba_event.Listener):  # type: ignore[misc]  # Numba has no types
    """Counts compilations and says once, in one line, that the first run compiles."""

    def __init__(self) -> None:
        self.count = 0
        self.say: Callable[[str], None] | None = None

    def on_start(self, event: Any) -> None:  # noqa: ARG002  (Numba's signature)
        self.count += 1
        if self.count == 1 and self.say is not None:
            self.say("compiling kernels (once on this machine; later runs load them from the cache)")

    def on_end(self, event: Any) -> None:  # noqa: ARG002  (Numba's signature)
        return None


_listener = _CompileListener()
_numba_event.register("numba:compile", _listener)


def compile_count() -> int:
    """Number of kernel compilations in this process so far; 0 when everything came from the cache."""
    return _listener.count


def on_first_compile(notify: Callable[[str], None]) -> None:
    """Call ``notify(line)`` when this process first has to compile a kernel."""
    _listener.say = notify


_generate_lock = threading.Lock()


def generated_module(name: str, source: str) -> ModuleType:
    """Import ``source`` as the module ``name``, kept in the cache folder so that its kernels are cached.

    The file name carries the hash of the text, so two texts never share compiled code. Writing is
    atomic: a second process sees the whole file or none.
    """
    digest = hashlib.blake2b(source.encode(), digest_size=8).hexdigest()
    module_name = f"consilience_generated_{name}_{digest}"
    with _generate_lock:
        loaded = sys.modules.get(module_name)
        if loaded is not None:
            return loaded
        folder = CACHE_FOLDER / "generated"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{module_name}.py"
        if not path.exists():
            partial = path.with_suffix(f".{os.getpid()}.tmp")
            partial.write_text(source, encoding="utf-8")
            partial.replace(path)
        spec = importlib.util.spec_from_file_location(module_name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"cannot load generated module {path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        spec.loader.exec_module(module)
        return module
