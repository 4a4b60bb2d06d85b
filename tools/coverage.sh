#!/usr/bin/env bash
# Branch coverage of the functional core as plain Python: tools/coverage.sh WORKERS MINIMUM TESTS...
# An empty MINIMUM only reports. The tests' own output is shown only when they fail.
set -euo pipefail
cd "$(dirname "$0")/.."
workers=$1 minimum=$2
shift 2
if [ $# -eq 0 ]; then
  echo "coverage: no core rooms yet"
  exit 0
fi
echo "coverage: the core with NUMBA_DISABLE_JIT=1${minimum:+, at least $minimum %}"
out=build/coverage  # the data file in pyproject.toml lies here too
rm -rf "$out" && mkdir -p "$out"
if ! NUMBA_DISABLE_JIT=1 .venv/bin/python -m coverage run -m pytest -q -n "$workers" --dist worksteal -m "not compiled" "$@" \
  >"$out/pytest.log" 2>&1; then
  cat "$out/pytest.log"
  exit 1
fi
.venv/bin/python -m coverage combine --quiet
if ! .venv/bin/python -m coverage report ${minimum:+--fail-under="$minimum"} >"$out/report.txt"; then
  cat "$out/report.txt"
  exit 1
fi
grep '^TOTAL' "$out/report.txt"
