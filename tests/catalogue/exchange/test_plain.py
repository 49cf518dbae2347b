import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.catalogue.exchange.plain import Line, lines, plain, visible

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="<>&;/!?-ab1 '\"=\n\u200b\u202e"),
    st.lists(
        st.sampled_from(
            ["<b>", "</p>", "<script>", "&lt;", "&amp;", "&#60;", "<!--", "-->", "tekst", " ", "<"]
        )
    ).map("".join),
)


@given(TEXTS)
@example("&amp;amp;lt;p&amp;amp;gt;hoi")
@example("<\u200bscript>alert(1)</script>")
@example("&#60;b&#62;")
@example("<<b>script>")
@example("a <b")
@example(f"&{'amp;' * 20}lt;script&{'amp;' * 20}gt;alert(1)")
def test_plain_text_has_no_markup_and_stays_what_it_is(text):
    result = plain(text)

    assert plain(result) == result
    assert not re.search("<[a-zA-Z/!?]", result)
    assert "  " not in result and result == result.strip()
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") for c in result)
    assert result.encode("utf-8").decode("utf-8") == result


@given(st.text(alphabet="abc éë€😀&;'\"()[]{}#%0123456789.,:-"))
def test_text_without_markup_loses_nothing_but_space(text):
    if "&" not in text:
        assert plain(text) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zzp & personeel: 1 < 2, <5 uur", "Zzp & personeel: 1 < 2, <5 uur"),
        ("R&D &copy 2", "R&D &copy 2"),
        ("Koffie &amp; thee &euro; 5", "Koffie & thee € 5"),
        ("<p>Een</p><p>Twee</p>", "Een Twee"),
        ("A<br/>B", "A B"),
        ("a<b>b</b>c", "abc"),
        ("&lt;p&gt;Een vergunning&lt;/p&gt;", "Een vergunning"),
        ("&amp;amp;lt;p&amp;amp;gt;Drie keer&amp;amp;lt;/p&amp;amp;gt;", "Drie keer"),
        ("Hoi<script>alert(1)</script> daar", "Hoi daar"),
        ("Hoi<style>p {color: red}</style> daar", "Hoi daar"),
        ("Hoi<!-- <b>geheim</b> > --> daar<!-- open <i>einde</i>", "Hoi daar"),
        ("Hoi<?php echo 1 ?> daar<!DOCTYPE html>", "Hoi daar"),
        ("Hoi<![iets[anders]]> daar<!ELEMENT a>", "Hoi daar"),
        ('<a href="javascript:alert(1)" onclick="x()">klik</a>', "klik"),
        ("x <y en z", "x < y en z"),
        ("links\u202eothcer\u202c\u200b\ufeff zacht\u00adteken", "linksothcer zachtteken"),
        ("bel\x07 nul\x00 c1\x9b\u2028regel", "bel nul c1 regel"),
        ("\ud800half \ue000eigen \uffff", "half eigen"),
        ("\n  Ruim \t gezet \xa0 \n", "Ruim gezet"),
        ("&#8238;omgekeerd &#0;", "omgekeerd \ufffd"),
    ],
)
def test_plain(text, expected):
    assert plain(text) == expected


def test_lines_keep_headings_and_items_apart():
    html = (
        "<h2>Voor\nwaarden</h2><ul><li>Een <b>plan</b></li><li><p>Geld</p></li><li></li></ul>Klaar"
    )

    assert lines(html) == [
        Line("heading", "Voor waarden"),
        Line("item", "Een plan"),
        Line("item", "Geld"),
        Line("text", "Klaar"),
    ]


@pytest.mark.parametrize("category", ["Cc", "Cf", "Cs", "Co"])
def test_every_character_that_is_not_seen_is_taken_out(category):
    """The ranges are written out, so that a newer Unicode cannot change a text; here they meet it.

    A format character that a newer Unicode adds makes this fail: add it then.
    """
    space = "\t\n\x0b\x0c\r\x85"
    left = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) == category
        and chr(code) not in space
        and visible(chr(code))
    ]

    assert left == []


@pytest.mark.parametrize(
    "part",
    [
        "<",
        "<a ",
        "</a ",
        "<!--",
        "<!--a>",
        "<a x='>",
        "<script>",
        "<a x=\"'>",
        "&amp;",
        "<!x",
        "<?",
    ],
)
def test_broken_html_takes_no_more_time_than_its_length(part):
    """The parser of Python 3.10 reads some of these again for every part (CVE-2025-6069)."""
    start = time.perf_counter()

    plain(part * (100_000 // len(part)))

    assert time.perf_counter() - start < 5
