#!/bin/sh
# Makes a virtual environment from a lock, only when something changed.
# Usage: scripts/setup.sh requirements.txt (.venv, with Rasa) or requirements-modern-dev.txt
# (.venv-modern, without).
# Needs a Python of any version from 3.8 to fetch uv; uv then finds or fetches Python 3.10 for Rasa,
# or the newer one.
set -eu
cd "$(dirname "$0")/.."
lock=$1
case $lock in
    requirements-modern*) venv=.venv-modern version=$(cat scripts/python-modern) ;;
    *) venv=.venv version=3.10 ;;
esac
wanted=$(cat "$lock" pyproject.toml | sha256sum | cut -d' ' -f1)
stamp=$venv/.installed-$lock
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi

fail() {
    printf '\nFOUT: %s\n' "$1" >&2
    exit 1
}

find_uv() {
    if command -v uv >/dev/null 2>&1; then
        command -v uv
        return
    fi
    if [ ! -x .tools/bin/uv ]; then
        echo "uv ophalen (installeert Python-pakketten)" >&2
        python=$(command -v python3 || command -v python) ||
            fail "Ik vind geen Python. Installeer Python 3.8 of nieuwer en probeer het opnieuw."
        rm -rf .tools
        "$python" -m venv .tools >/dev/null 2>&1 ||
            fail "Ik kan geen virtuele omgeving maken. Installeer python3-venv, of geef schrijfrecht in deze map."
        .tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
            -r requirements-uv.txt >&2 ||
            fail "Het ophalen van uv is mislukt. Is er een netwerkverbinding? Zie de melding hierboven."
    fi
    echo .tools/bin/uv
}

# pyenv's shims refuse versions that are not chosen, and uv does not look behind them.
find_python() {
    for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/"python$version"; do
        if "$candidate" -c "import sys; raise SystemExit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "$version"
}

uv=$(find_uv)
echo "Pakketten installeren uit $lock (de eerste keer duurt dat een paar minuten)"
if [ ! -x "$venv/bin/python" ]; then
    "$uv" venv --quiet --python "$(find_python)" "$venv" ||
        fail "Python $version is niet gevonden en niet op te halen. Installeer Python $version, of zorg voor een netwerkverbinding."
fi
# [tool.uv] in pyproject.toml is for making Rasa's lock: uv looks for its own settings elsewhere.
"$uv" pip install --quiet --project / --python "$venv/bin/python" --no-deps --require-hashes -r "$lock" ||
    fail "Het installeren is mislukt. Is er een netwerkverbinding en genoeg ruimte? Zie de melding hierboven."
"$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable . ||
    fail "Het installeren van Startwijzer zelf is mislukt. Zie de melding hierboven."
echo "$wanted" >"$stamp"
