"""The file in the repository is what the source makes, and it is small."""

import gzip
import subprocess
from pathlib import Path

import pytest

WIDGET = Path(__file__).parents[2] / "bot" / "widget"
BUILT = WIDGET / "dist" / "startwijzer.js"
MOST = 35_000  # bytes, gzipped


def node(*arguments):
    done = subprocess.run(arguments, cwd=WIDGET, capture_output=True, timeout=300)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:]
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def installed():
    assert (WIDGET / "node_modules").is_dir(), "run scripts/test-tools.sh"


def test_the_committed_file_is_a_fresh_build():
    code = 'import { bundle } from "./build.mjs"; process.stdout.write(await bundle());'
    fresh = node("node", "--input-type=module", "--eval", code)
    assert fresh == BUILT.read_bytes(), "npm run build, and commit dist/"


def test_it_is_small():
    assert len(gzip.compress(BUILT.read_bytes(), 9, mtime=0)) <= MOST


def test_it_has_no_eval_and_no_address_of_anybody():
    code = BUILT.read_text()
    assert "eval(" not in code
    assert "new Function" not in code
    for address in ("https://", "//cdn", "@import"):
        assert address not in code.replace("https://github.com", ""), address


def test_the_types_hold():
    node("npm", "run", "--silent", "check")


def test_the_modules_by_themselves():
    node("npm", "test", "--silent")
