#!/usr/bin/env bash
# Make or refresh .venv with the given extras: tools/venv.sh demo,report
# Needs a Python 3.11 to 3.13 and a package registry; uses uv when it can, plain pip when it cannot.
set -euo pipefail
cd "$(dirname "$0")/.."
extras=$1
py=.venv/bin/python

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3 python python3.12 python3.13; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "venv: no Python 3.11, 3.12 or 3.13 found; set PYTHON=/path/to/python" >&2
  return 1
}

find_uv() {
  local candidate
  for candidate in uv .venv/bin/uv; do
    if "$candidate" --version >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  "$py" -m pip install --quiet --disable-pip-version-check uv >/dev/null 2>&1 && echo .venv/bin/uv
}

if ! "$py" -c '' 2>/dev/null; then
  python=$(find_python)
  echo "venv: making .venv with $("$python" --version)"
  # uv also makes an environment where the system Python lacks ensurepip (Debian without python3-venv)
  "$python" -m venv --clear .venv >/dev/null 2>&1 || uv venv --quiet --clear --python "$python" .venv
fi

echo "venv: installing consilience[$extras]"
if uv=$(find_uv) && "$uv" pip install --quiet --python "$py" -c constraints.txt -e ".[$extras]"; then
  exit 0
fi
echo "venv: uv did not do it; installing with pip"
"$py" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$extras]"
