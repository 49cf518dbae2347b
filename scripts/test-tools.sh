#!/bin/sh
# Installs what the tests need and is not there yet. From Debian: Chromium, driven by Playwright;
# PostgreSQL and Redis, of which the tests start servers of their own; nginx, for the example of a
# proxy; faketime, that sets the clock of one process; and node, for the source of the web chat.
# From npm: the packages of bot/widget/, as its lock says.
set -eu
cd "$(dirname "$0")/.."

fail() {
    printf '\nFOUT: %s\n' "$1" >&2
    exit 1
}

missing=""
[ -x /usr/bin/chromium ] || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v faketime >/dev/null 2>&1 || missing="$missing faketime"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        fail "de tests hebben nodig:$missing. Installeer dat als beheerder: apt-get install$missing"
    fi
    echo "Debian-pakketten installeren:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

node -e 'process.exit(parseInt(process.versions.node, 10) < 18 ? 1 : 0)' ||
    fail "node is te oud: $(node --version). Installeer node 18 of nieuwer."

# npm writes this file last, so it is there only after an installation that was finished.
installed=bot/widget/node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ bot/widget/package-lock.json -nt "$installed" ]; then
    echo "npm-pakketten van de webchat installeren"
    (cd bot/widget && npm ci --silent) ||
        fail "Het installeren van de npm-pakketten is mislukt. Is er een netwerkverbinding?"
    touch "$installed"
fi
