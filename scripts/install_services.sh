#!/bin/sh
# Gets what the tests need besides Python: PostgreSQL, Redis, Chromium, a font with Cyrillic letters, client libraries of npm.
# With root and apt-get it installs what is missing and starts nothing; without, it says what will be left out.
set -eu

has_postgresql() { command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
has_redis() { command -v redis-server >/dev/null || command -v valkey-server >/dev/null; }
has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null; }
has_node() { command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; }
has_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=ru)" ]; }

# Client libraries of another language, where its runtime is there: tests/node/package-lock.json says which.
if has_node; then
    (cd "$(dirname "$0")/../tests/node" && { [ -d node_modules ] || npm ci --silent --no-audit --no-fund; }) ||
        echo "left out: tests with client libraries of npm (npm ci in tests/node did not work)" >&2
else
    echo "left out: tests with client libraries of npm (install Node 20 or newer)" >&2
fi

missing=""
has_postgresql || missing="$missing postgresql"
has_redis || missing="$missing redis-server"
has_chromium || missing="$missing chromium"
has_font || missing="$missing fontconfig fonts-dejavu-core"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing for the tests:$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    # Run level 1 keeps the packages from starting servers of their own: the tests start theirs on free ports.
    export RUNLEVEL=1
    # shellcheck disable=SC2086  # a list of words
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
        exit 0
    fi
    echo "that did not work; what cannot be found is left out" >&2
fi

has_postgresql || echo "left out: tests on PostgreSQL (install postgresql)" >&2
has_redis || echo "left out: tests on Redis (install redis-server)" >&2
has_chromium || echo "left out: tests in a browser (install chromium)" >&2
has_font || echo "pages may lack Cyrillic letters in screenshots (install fonts-dejavu-core)" >&2
