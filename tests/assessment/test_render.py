import re
import struct
import zlib

import pytest
import typst

from bot.assessment import render
from bot.assessment.page import BARS_IN_WORDS, Bar, Page, Section
from bot.assessment.result import page as profile_of

TITLE = "Mijn ondernemingsplan"
BARS = [
    Bar("Wat je drijft", "carries", 0.9),
    Bar("Volhouden en aanpakken", "between", 0.55),
    Bar("Wat je kunt", "work_on", 0.0),
    Bar("Je klant en je markt", "unknown", None),
    Bar("Een naam van wel 28 tekens.", "carries", 1.0),
]
# What someone may write in a plan, and may mean something to Typst or to a PDF.
MARKUP = {
    "code": '#panic("nee") #eval("1") #{ 1 + 1 }',
    "file": '#read("/etc/passwd") #include "/etc/passwd" #image("look.typ")',
    "import": '#import "look.typ": * #sys.inputs.data',
    "marks": "*dik* _schuin_ `code` = kop == kop - punt + punt / woord: uitleg",
    "sum": "$x^2 + sqrt(y)$ \\u{41} \\n",
    "links": "https://voorbeeld.nl/a?b=1&c=2 <label> @verwijzing // niets /* niets */",
    "brackets": "(a (b) [c] {d} <e> ) ] } > \\( \\)",
    "quotes": "'enkel' \"dubbel\" ~ -- --- ... %PDF-1.7 endobj endstream",
    "html": "<script>alert(1)</script> &amp;",
    "accents": "Ik ben Zoë, café-eigenaar in Súdwest-Fryslân; prijs: € 12,50 à € 15",
}


def a_page(text="Een zin.", bars=BARS, **fields):
    sections = [
        Section("Geld: mijn prijs", [text], [text[:300]]),
        Section("Leeg", ["Tip."], (), True),
    ]
    return Page(TITLE, "Dit plan is van mij.", sections, bars, 3, "22 november 2026", **fields)


def without_spaces(text):
    return re.sub(r"\s", "", text)


def without_footer(words):
    return re.sub(r"GemaaktmetStartwijzerop.*?geenbelofte\.", "", words)


def is_accessible(pdf):
    """Whether it claims PDF/UA-1, with all that the claim needs in the file itself."""
    return all(part in pdf for part in (b"<pdfuaid:part>1</pdfuaid:part>", b"DisplayDocTitle true"))


def is_tagged(pdf):
    return b"/StructTreeRoot" in pdf and re.search(rb"/MarkInfo<</Marked true", pdf) is not None


# --- the PDF ---


def test_the_pdf_is_tagged_for_screen_readers_with_language_and_title():
    """PDF/UA-1 (ISO 14289-1): the tags, the language, the title and the claim in the metadata."""
    pdf = render.pdf(a_page())

    assert pdf.startswith(b"%PDF-1.7")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert is_tagged(pdf)
    assert is_accessible(pdf)
    assert b"/Lang(nl)" in pdf
    assert f"/Title({TITLE})".encode() in pdf
    assert f">{TITLE}</rdf:li>".encode() in pdf
    assert b"<dc:language><rdf:Bag><rdf:li>nl</rdf:li>" in pdf


def test_the_pdf_has_headings_paragraphs_lists_and_a_figure_with_its_words():
    pdf = render.pdf(a_page())
    kinds = re.findall(rb"/Type/StructElem/S/(\w+)", pdf)

    assert kinds.count(b"H1") == 1
    assert kinds.count(b"H2") == 2
    assert kinds.count(b"Figure") == 1
    assert {b"P", b"L", b"LI", b"LBody"} <= set(kinds)
    # A text with only ASCII stands in the file as it is.
    assert f"/Alt({a_page().alt()})".encode() in pdf


def test_a_page_without_a_profile_has_no_figure():
    assert b"/S/Figure" not in render.pdf(a_page(bars=[]))


def test_the_pdf_says_everything_of_the_page(words_of):
    page = a_page("Vijftig euro per uur.")
    words = words_of(render.pdf(page))

    for text in (page.title, page.intro, "Geld: mijn prijs", "Vijftig euro per uur.", "Tip."):
        assert without_spaces(text) in words
    footer = "Gemaakt met Startwijzer op 22 november 2026. Vragenlijst versie 3. "
    assert without_spaces(footer + "Dit is geen oordeel en geen belofte.") in words


def test_the_pdf_of_a_whole_profile_is_accessible_too(bank, words_of):
    answers = {"lengte": "lang", **{item.id: "2" for item in bank.items}}
    page = profile_of(bank, answers, lambda name: f"Dienst {name}", "22 november 2026")
    pdf = render.pdf(page)
    words = without_footer(words_of(pdf))

    assert is_accessible(pdf)
    for section in page.sections:
        for text in (section.heading, *section.paragraphs, *section.points):
            assert without_spaces(text) in words


# --- what people write ---


@pytest.mark.parametrize("text", MARKUP.values(), ids=MARKUP.keys())
def test_what_someone_writes_is_text_and_never_markup(text, words_of):
    pdf = render.pdf(a_page(text))
    words = words_of(pdf)

    assert words.count(without_spaces(text)) == 2
    assert is_accessible(pdf)
    assert "root:x:" not in words
    assert "#letdata" not in words


@pytest.mark.parametrize("field", ["title", "intro", "made_on", "heading", "label"])
def test_markup_is_text_in_every_field(field, words_of):
    text = '#panic("nee") *x* $y$'
    page = Page(
        text if field == "title" else "Titel",
        text if field == "intro" else "Intro.",
        [Section(text if field == "heading" else "Kop", ["Alinea."])],
        [Bar(text if field == "label" else "Thema", "carries", 0.5)],
        1,
        text if field == "made_on" else "22 november 2026",
    )

    assert without_spaces(text) in words_of(render.pdf(page))
    assert png_size(render.png(page))[0] == 640


def test_a_very_long_text_is_there_to_its_last_word(words_of):
    text = " ".join(f"woord{number}" for number in range(1200))
    assert len(text) > 10_000
    pdf = render.pdf(a_page(text))

    assert without_spaces(text) in without_footer(words_of(pdf))
    assert is_accessible(pdf)
    assert int(re.search(rb"/Type/Pages/Count (\d+)", pdf)[1]) > 1


def test_a_word_without_end_breaks_and_is_there_to_its_last_letter(words_of):
    text = "https://voorbeeld.nl/" + "abcdefghij" * 1000
    pdf = render.pdf(a_page(text))

    assert text in without_footer(words_of(pdf))
    # On one line it would fit on a page, far outside the paper.
    assert int(re.search(rb"/Type/Pages/Count (\d+)", pdf)[1]) > 1


@pytest.mark.parametrize(
    "text",
    [
        "Mijn idee 😀 is goed 👍🏽 voor 👨‍👩‍👧 en 🇳🇱",
        "ክንግደይ ዶ ይኸፍል",
        "你好，我想开一家店",
        "สวัสดี",
        "a\x00b\x07c\uffffd\ue000e",
        "\U0010ffff",
    ],
    ids=["emoji", "tigrinya", "chinese", "thai", "control characters", "no character"],
)
def test_what_no_font_can_draw_does_not_fail_and_stays_tagged(text, words_of):
    """PDF/UA wants a shape for every character; without one, that claim is left out."""
    pdf = render.pdf(a_page(f"Voor {text} achter"))
    words = words_of(pdf)

    assert is_tagged(pdf)
    assert b"/Lang(nl)" in pdf
    assert words.count("Voor") == 2
    assert words.count("achter") == 2


def test_what_no_font_can_draw_is_still_read_aloud(words_of):
    """But for the first such character: Typst 0.15 loses it wherever it stands."""
    words = words_of(render.pdf(a_page("\U0010ffff ክንግደይ ዶ ይኸፍል")))

    assert "ክንግደይዶይኸፍል" in words


@pytest.mark.parametrize(
    ("text", "word"),
    [("مرحبا بكم", "مرحبا"), ("שלום לכם", "שלום")],
    ids=["arabic", "hebrew"],
)
def test_a_text_from_right_to_left_keeps_all_its_letters(text, word, words_of):
    """The letters stand in the file in the order in which they are drawn."""
    words = words_of(render.pdf(a_page(text)))

    assert word in words or word[::-1] in words


@pytest.mark.parametrize(
    "text",
    ["on\u200bzicht\u200dbaar\u2060e", "omge\u202ekeerd\u202c", "met\ufeffmerk", "af\u00adbreken"],
    ids=["zero width", "override", "byte order mark", "soft hyphen"],
)
def test_characters_that_nobody_sees_do_not_fail(text, words_of):
    pdf = render.pdf(a_page(f"Voor {text} achter"))
    letters = {c for c in text if c.isascii()}

    assert is_tagged(pdf)
    assert letters <= set(words_of(pdf))


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "regel\neen\r\ntwee\u2028drie"])
def test_empty_texts_and_lines_do_not_fail(text):
    assert is_accessible(render.pdf(a_page(text)))
    assert is_accessible(render.pdf(Page(TITLE, text, [Section("Kop", [text], [text])])))


def test_it_is_drawn_without_the_fonts_of_another_package_too(monkeypatch, words_of):
    """Where Rasa is not installed there is no matplotlib to borrow a font from."""
    monkeypatch.setattr(render, "_fonts", list)
    pdf = render.pdf(a_page("Prijs: € 12,50 à € 15 voor Zoë."))

    assert is_accessible(pdf)
    assert without_spaces("Prijs: € 12,50 à € 15 voor Zoë.") in words_of(pdf)


def test_a_mistake_in_a_template_is_not_hidden(monkeypatch):
    calls = []

    def fail(*_, **options):
        calls.append(options)
        raise typst.TypstError("unknown variable: dat")

    monkeypatch.setattr(render.typst, "compile", fail)

    with pytest.raises(typst.TypstError, match="unknown variable"):
        render.pdf(a_page())
    assert [call["pdf_standards"] for call in calls] == [["ua-1"]]


# --- the picture ---


def png_size(png):
    """Width and height of a picture in pixels, after a look at every part of the file."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    position, kinds, data = 8, [], b""
    while position < len(png):
        length, kind = struct.unpack(">I4s", png[position : position + 8])
        body = png[position + 8 : position + 8 + length]
        (check,) = struct.unpack(">I", png[position + 8 + length : position + 12 + length])
        assert check == zlib.crc32(kind + body)
        kinds.append(kind)
        data += body if kind == b"IDAT" else b""
        position += 12 + length
    assert (kinds[0], kinds[-1]) == (b"IHDR", b"IEND")
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    assert len(zlib.decompress(data)) == height * (1 + width * samples * depth // 8)
    return width, height


@pytest.mark.parametrize("number", [1, 3, 5])
def test_the_picture_is_640_pixels_wide_and_as_high_as_it_must_be(number):
    """320 CSS pixels at twice the density: sharp on the smallest phone, and on WhatsApp."""
    width, height = png_size(render.png(a_page(bars=BARS[:number])))

    assert width == 640
    assert png_size(render.png(a_page(bars=BARS[: number - 1])))[1] < height < 2000


def test_the_picture_shows_only_the_profile():
    """What someone wrote is not in it, so that it does not stand in a list of chats."""
    assert render.png(a_page("geheim")) == render.png(a_page("iets anders"))


def test_a_share_changes_the_picture():
    low, high = (render.png(a_page(bars=[Bar("Thema", "between", s)])) for s in (0.51, 0.61))

    assert low != high


def test_the_words_of_every_bar_are_drawn_and_told(words_of):
    """No meaning by colour alone (WCAG 2.2, 1.4.1): each bar says its meaning in words."""
    page = a_page()
    picture = words_of(render._compile("profile.typ", page, format="pdf"))
    paper = words_of(render.pdf(page))

    for bar in page.bars:
        told = f"{bar.label}: {BARS_IN_WORDS[bar.meaning]}"
        assert f"{told}." in page.alt()
        assert without_spaces(told) in picture
        assert without_spaces(told) in paper


def test_every_meaning_has_words_of_its_own():
    assert len(set(BARS_IN_WORDS.values())) == len(BARS_IN_WORDS) == 4


def test_every_bar_of_a_real_profile_is_told(bank):
    for value in (None, "1", "3", "5"):
        answers = {"lengte": "lang", **{item.id: value for item in bank.items}}
        page = profile_of(bank, answers, str, "vandaag")
        for bar in page.bars:
            assert f"{bar.label}: {bar.words}." in page.alt()
        assert len(page.bars) == (0 if value is None else 6)
