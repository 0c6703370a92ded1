#!/bin/sh
# Makes .venv hold what requirements/<kind>.txt says (kind: run or dev) and does nothing if it already does.
# Each archive must match its hash in the lock. A stamp in .venv names the locks that were installed.
set -eu
cd "$(dirname "$0")/.."
kind=${1:?run or dev}

newest_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "MostID needs Python 3.11 or newer: install it and try again" >&2
    exit 1
}

digest() { sha256sum "requirements/$1.txt" | cut -d' ' -f1; }

# dev.txt holds everything of run.txt, so one installation of dev serves both.
installed() { grep -qs "^$kind $(digest "$kind")\$" .venv/.locks; }

create() {
    "$1" -m venv .venv 2>/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
        "$1" -m venv --clear .venv && return
    fi
    echo "$1 cannot make virtual environments: install its venv module (Debian: python3-venv)" >&2
    exit 1
}

if installed; then exit 0; fi
if [ ! -x .venv/bin/python ]; then create "$(newest_python)"; fi
echo "installing requirements/$kind.txt into .venv" >&2
rm -f .venv/.locks
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$kind.txt"
for lock in run "$kind"; do echo "$lock $(digest "$lock")"; done | sort -u >.venv/.locks
