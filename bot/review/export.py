"""Tables as files for a spreadsheet: CSV as Dutch Excel reads it, and XLSX.

Rows are written one by one, so a table may be larger than memory. No cell is ever a formula,
whatever a citizen typed (OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]
from sqlalchemy.orm import Session

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
Value = str | int | float | bool | date | datetime | None
# What makes a formula of a text, also after spaces; Excel reads the full-width forms the same way.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
# XML 1.0 and spreadsheets allow no other control characters than tab and line break.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Limits of Excel: characters in a cell, and rows on a sheet (one million leaves room for headings).
MOST_CHARACTERS = 32_767
MOST_ROWS = 1_000_000
# Rows that the database hands over at a time.
BATCH = 1_000
BOM = "\ufeff"


@dataclass(frozen=True)
class Table:
    """A table to write: its title, what it is about (`n`, period, ...), headings and rows.

    `rows` is read once. A moment is written in Dutch time.
    """

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]]
    about: Sequence[tuple[str, Value]] = ()


def stream(session: Session, query: Any) -> Iterable[Any]:
    """The rows of a query of which there may be very many, without holding more than a batch."""
    options = {"stream_results": True, "max_row_buffer": BATCH}
    return session.execute(query, execution_options=options).yield_per(BATCH)


def plain(text: str) -> str:
    """A text that fits in a cell, without characters that no file may hold."""
    return CONTROL.sub("", text)[:MOST_CHARACTERS]


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take this text for a formula."""
    return FORMULA.match(text) is not None


def safe(text: str) -> str:
    """A text for CSV that stays a text: with an apostrophe before what looks like a formula."""
    text = plain(text)
    return f"'{text}"[:MOST_CHARACTERS] if is_formula(text) else text


def write_csv(table: Table, file: IO[bytes]) -> None:
    """Writes UTF-8 with a byte order mark, semicolons and decimal commas, as Dutch Excel wants."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    text.write(BOM)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for label, value in table.about:
        writer.writerow([safe(label), _in_csv(value)])
    if table.about:
        writer.writerow([])
    writer.writerow([safe(heading) for heading in table.headings])
    for row in table.rows:
        writer.writerow([_in_csv(value) for value in row])
    text.flush()
    text.detach()


def write_xlsx(table: Table, file: IO[bytes]) -> None:
    """Writes a workbook row by row; what does not fit on one sheet goes on on the next."""
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    formats = {
        "bold": book.add_format({"bold": True}),
        "moment": book.add_format({"num_format": "dd-mm-yyyy hh:mm"}),
        "day": book.add_format({"num_format": "dd-mm-yyyy"}),
        # Stays a text when somebody edits the cell.
        "text": book.add_format({"quote_prefix": True}),
    }
    try:
        sheet = book.add_worksheet()
        number = 0
        for label, value in table.about:
            _cell(sheet, number, 0, label, formats)
            _cell(sheet, number, 1, value, formats)
            number += 1
        number += bool(table.about)
        number = _headings(sheet, number, table.headings, formats)
        for row in table.rows:
            if number >= MOST_ROWS:
                sheet = book.add_worksheet()
                number = _headings(sheet, 0, table.headings, formats)
            for column, value in enumerate(row):
                _cell(sheet, number, column, value, formats)
            number += 1
    finally:
        book.close()


Writer = Callable[[Table, IO[bytes]], None]
# By the ending of the file: its media type and who writes it.
FORMATS: Mapping[str, tuple[str, Writer]] = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
}


def file_name(table: Table, ending: str, day: date) -> str:
    """A name for the file: letters, digits and dashes only, so it can do no harm in a header."""
    words = re.sub(r"[^a-z0-9]+", "-", table.title.lower()).strip("-")[:60] or "tabel"
    return f"startwijzer-{words}-{day.isoformat()}.{ending}"


def _in_csv(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "ja" if value else "nee"
        case float():
            return f"{value:.10g}".replace(".", ",")
        case datetime():
            return value.astimezone(AMSTERDAM).strftime("%d-%m-%Y %H:%M")
        case date():
            return value.strftime("%d-%m-%Y")
        case str():
            return safe(value)
    return str(value)


def _headings(sheet: Any, number: int, headings: Sequence[str], formats: Mapping[str, Any]) -> int:
    """Writes the headings on this row; the number of the next."""
    for column, heading in enumerate(headings):
        sheet.write_string(number, column, plain(heading), formats["bold"])
    return number + 1


def _cell(sheet: Any, row: int, column: int, value: Value, formats: Mapping[str, Any]) -> None:
    match value:
        case None:
            pass
        case bool():
            sheet.write_string(row, column, "ja" if value else "nee")
        case datetime():
            local = value.astimezone(AMSTERDAM).replace(tzinfo=None)
            sheet.write_datetime(row, column, local, formats["moment"])
        case date():
            sheet.write_datetime(row, column, value, formats["day"])
        case str():
            text = plain(value)
            sheet.write_string(row, column, text, formats["text"] if is_formula(text) else None)
        case _:
            sheet.write_number(row, column, value)
