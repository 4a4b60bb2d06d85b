#!/usr/bin/env bash
# Make or refresh .venv with the given extras: tools/venv.sh demo,report
# Needs a Python 3.11 to 3.13 and a package registry; uses uv when it can, plain pip when it cannot.
set -euo pipefail
cd "$(dirname "$0")/.."
extras=$1
py=.venv/bin/python
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}  # trust what pip trusts, a company's own certificates included

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
  "$python" -m venv --clear .venv >/dev/null 2>&1 || uv venv --quiet --clear --python "$python" .venv || {
    echo "venv: could not make .venv; install python3-venv (Debian) or uv" >&2
    exit 1
  }
fi

echo "venv: installing consilience[$extras]"
if uv=$(find_uv) && "$uv" pip install --quiet --python "$py" -c constraints.txt -e ".[$extras]" 2>.venv/uv.log; then
  exit 0
fi
# a registry that is set up for pip alone, for instance; what uv said is in .venv/uv.log
echo "venv: no luck with uv; installing with pip"
"$py" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$extras]"
