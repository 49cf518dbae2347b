"""A page as a tagged PDF, and its profile as a picture.

Typst draws both: it is one package without system libraries, it tags a PDF for screen readers
(PDF/UA-1, ISO 14289-1), and texts reach it as data, so nobody can write markup into a page.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from bot.assessment.page import Page

TEMPLATES = Path(__file__).parent / "templates"
# The picture is 320 points wide; at this density it is sharp on a phone of 320 CSS pixels.
PIXELS_PER_INCH = 144.0


def pdf(page: Page) -> bytes:
    """The page as PDF/UA-1.

    The standard wants a shape for every character. Where no font has one (some emoji, scripts such
    as Ge'ez) the same tagged page comes without that claim: a box is drawn, and a screen reader
    still gets the text (but for the character that came first among those: Typst 0.15 loses it).
    """
    try:
        return _compile("page.typ", page, format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        return _compile("page.typ", page, format="pdf")


def png(page: Page) -> bytes:
    """The profile as a picture of 640 pixels wide; `page.alt()` says the same in words."""
    return _compile("profile.typ", page, format="png", ppi=PIXELS_PER_INCH)


def _compile(template: str, page: Page, **options: Any) -> bytes:
    footer = f"Gemaakt met Startwijzer op {page.made_on}. Vragenlijst versie {page.version}. "
    footer += "Dit is geen oordeel en geen belofte."
    data = {**page.as_dict(), "alt": page.alt(), "footer": footer}
    result = typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        **options,
    )
    if not isinstance(result, bytes):
        raise TypeError("a page of one sheet was expected")
    return result


@lru_cache
def _fonts() -> list[str]:
    """DejaVu Sans where matplotlib (which Rasa needs) brings it; else Typst's own serif."""
    try:
        import matplotlib
    except ImportError:
        return []
    return [str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")]
