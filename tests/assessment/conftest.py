"""The content in the repository, copies of it that a test may change, and how to read a PDF."""

import re
import zlib

import pytest
from ruamel.yaml import YAML

from bot.assessment.bank import read_bank
from bot.assessment.plan import read_plan
from bot.assessment.quickscan import read_quickscan
from bot.content import DATA, read_yaml

CONTENT = DATA / "assessment"
OBJECT = re.compile(rb"(\d+) 0 obj(.*?)endobj", re.S)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)
PAGE = re.compile(
    rb"/Type/Page/Resources (?P<resources>\d+) 0 R.*/Contents (?P<contents>\d+) 0 R", re.S
)
FONT = re.compile(rb"/(f\d+) (\d+) 0 R")
PIECE = re.compile(
    rb"/ActualText(?P<actual><[0-9A-F]*>)?|(?P<end>EMC)|/(?P<font>f\d+) [\d.]+ Tf"
    rb"|(?P<shown>\()|<(?P<hex>[0-9A-F]+)>"
)
BRACKET = re.compile(rb"\\.|[()]", re.S)
ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@pytest.fixture(scope="session")
def bank():
    return read_bank()


@pytest.fixture(scope="session")
def quickscan():
    return read_quickscan()


@pytest.fixture(scope="session")
def plan():
    return read_plan()


@pytest.fixture
def changed(tmp_path):
    """Writes a changed copy of some content: give its name and a function that changes its data."""

    def write(name, change):
        data = read_yaml(CONTENT / f"{name}.yml")
        change(data)
        path = tmp_path / f"{name}.yml"
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe").dump(data, stream)
        return path

    return write


@pytest.fixture(scope="session")
def words_of():
    """What a PDF that we made says, as a screen reader gets it, without layout and spaces.

    Only what Typst writes is understood: fonts with two bytes a glyph, each with the text that it
    stands for (ToUnicode), and ActualText where a glyph has none.
    """
    return _words


def _words(pdf):
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    found = []
    for body in objects.values():
        page = PAGE.search(body)
        if page:
            fonts = FONT.findall(objects[int(page["resources"])])
            texts = {name: _text_by_glyph(objects, int(number)) for name, number in fonts}
            found += _shown(_stream(objects[int(page["contents"])]), texts)
    return re.sub(r"\s|\u200b", "", "".join(found))


def _shown(content, texts):
    """The pieces of text on one page; what has an ActualText is read from that."""
    font, is_replaced, position = {}, False, 0
    while piece := PIECE.search(content, position):
        position = piece.end()
        glyphs = b""
        if piece["font"]:
            font = texts[piece["font"]]
        elif piece["end"]:
            is_replaced = False
        elif piece["actual"]:
            is_replaced = True
            yield bytes.fromhex(piece["actual"][1:-1].decode())[2:].decode("utf-16-be")
        elif piece["hex"]:
            glyphs = bytes.fromhex(piece["hex"].decode())
        elif piece["shown"]:
            position = _end_of_literal(content, position)
            glyphs = ESCAPE.sub(_byte, content[piece.end() : position - 1])
        if not is_replaced:
            yield "".join(font.get(glyphs[n : n + 2], "") for n in range(0, len(glyphs), 2))


def _text_by_glyph(objects, font):
    found = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    _, _, pairs = _stream(objects[int(found[1])]).partition(b"beginbfchar")
    return {
        bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", pairs)
    }


def _stream(body):
    return zlib.decompress(STREAM.search(body)[1])


def _end_of_literal(content, position):
    """Behind the bracket that closes a string; brackets in pairs within it are its own."""
    depth = 1
    for bracket in BRACKET.finditer(content, position):
        depth += {b"(": 1, b")": -1}.get(bracket[0], 0)
        if depth == 0:
            return bracket.end()
    raise ValueError("a string without end")


def _byte(match):
    code = match[1]
    return bytes([int(code, 8)]) if code.isdigit() else ESCAPED.get(code, code)
