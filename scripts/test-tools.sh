#!/bin/sh
# Installs what the tests need from Debian and is not there yet: Chromium, driven by Playwright, and
# PostgreSQL, of which the tests start a server of their own.
set -eu
missing=""
[ -x /usr/bin/chromium ] || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf '\nFOUT: de tests hebben nodig:%s. Installeer dat als beheerder: apt-get install%s\n' "$missing" "$missing" >&2
    exit 1
fi
echo "Debian-pakketten installeren:$missing"
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
