"""The file of the widget over HTTP: to every website, fresh, or kept for ever by its own name."""

import hashlib

import pytest
import requests

from bot.gateway import widget

CONTENT = "console.log('één');\n".encode()
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Where the build puts the file; not there yet."""
    path = tmp_path / "startwijzer.js"
    monkeypatch.setattr(widget.WidgetFile.__init__, "__defaults__", (path,))
    return path


@pytest.fixture
def get(built, database, tmp_path, serve):
    with serve(database, tmp_path / "var") as url:

        def get(name="startwijzer.js", method="GET", **headers):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return requests.request(method, f"{url}/widget/{name}", headers=named, timeout=10)

        yield get


def test_before_it_is_built_it_is_simply_not_there(get):
    for name in ("startwijzer.js", f"startwijzer-{DIGEST[:16]}.js", "startwijzer.css", ""):
        assert get(name).status_code == 404, name


def test_the_file_may_be_embedded_everywhere_and_kept_for_five_minutes(get, built):
    built.write_bytes(CONTENT)
    response = get(Origin="https://gemeente.example")

    assert response.content == CONTENT
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_under_the_begin_of_its_hash_it_never_changes(get, built):
    built.write_bytes(CONTENT)
    name = f"startwijzer-{DIGEST[:16]}.js"
    response = get(name)

    assert response.content == CONTENT
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get(f"startwijzer-{'0' * 16}.js").status_code == 404
    assert get(f"startwijzer-{DIGEST[:16].upper()}x.js").status_code == 404
    built.write_bytes(CONTENT + b"//")
    assert get(name).status_code == 404


def test_what_is_known_already_is_not_sent_again(get, built):
    built.write_bytes(CONTENT)
    for encoding in ("identity", "gzip"):
        tag = get(Accept_Encoding=encoding).headers["ETag"]
        again = get(Accept_Encoding=encoding, If_None_Match=tag)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
    built.write_bytes(CONTENT + b"// new")
    assert get(Accept_Encoding="gzip", If_None_Match=tag).status_code == 200


def test_it_is_sent_small_to_who_can_read_that(get, built):
    built.write_bytes(CONTENT * 100)
    small, whole = get(Accept_Encoding="gzip, br"), get(Accept_Encoding="identity")

    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) < len(CONTENT) * 10
    assert small.content == whole.content == CONTENT * 100
    assert "Content-Encoding" not in whole.headers
    assert small.headers["ETag"] != whole.headers["ETag"]
    assert small.headers["Vary"] == whole.headers["Vary"] == "Accept-Encoding"


def test_head_gives_the_headers_only(get, built):
    built.write_bytes(CONTENT)
    whole, head = get(), get(method="HEAD")

    assert head.content == b""
    assert {**head.headers, "Date": ""} == {**whole.headers, "Date": ""}
