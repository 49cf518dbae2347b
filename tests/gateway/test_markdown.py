"""Markdown of the bot as HTML: what may be in it, and what never gets in."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.markdown import SCHEMES, TAGS, render

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>klik</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<!--><img src=x onerror=alert(1)-->",
    "<style>*{background:url(//evil.example)}</style>",
    "</p><script>alert(1)</script>",
    "<p style=position:fixed>x</p>",
    "<math><mtext></p><mglyph><style><img src=x onerror=alert(1)>",
    "**<b onclick=alert(1)>vet</b>**",
    "- <input autofocus onfocus=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "`<script>alert(1)</script>`",
    "<scr<script>ipt>alert(1)</script>",
    '<https://evil.example/"onmouseover=alert(1)>',
]
BAD_LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java&#115;cript:alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "%6Aavascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "DATA:text/html;base64,PHNjcmlwdD4=",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://a.nl/1",
    "//evil.example",
    "/webpagina",
    "#hier",
    "?a=b",
    "https:evil.example",
    "https:///evil.example",
    "http://",
    "\\\\evil.example",
    "ftp://a.nl",
]


class Reader(HTMLParser):
    """What a browser makes of it: tags, attributes and text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_data(self, data):
        self.text += data


def safe(html):
    """The reader, after a look whether all in it is allowed."""
    found = Reader(html)
    assert set(found.tags) <= TAGS
    for tag, name, value in found.attributes:
        assert (tag, name) == ("a", "href")
        assert re.match("(?i)(https?://[^/]|tel:|mailto:)", value)
    return found


def test_the_subset_of_markdown_becomes_html():
    text = "Dit is **vet** en *schuin*.\nNieuwe regel.\n\n- een\n- twee\n\n1. eerst\n2. dan"

    assert re.sub(r"\n", "", render(text, {})) == (
        "<p>Dit is <strong>vet</strong> en <em>schuin</em>.<br>Nieuwe regel.</p>"
        "<ul><li>een</li><li>twee</li></ul><ol><li>eerst</li><li>dan</li></ol>"
    )


@pytest.mark.parametrize(
    "address",
    ["https://www.kvk.nl/a?b=c&d=e", "http://a.nl", "tel:0592366911", "mailto:info@assen.nl"],
)
def test_a_safe_link_is_a_link(address):
    found = safe(render(f"Kijk op [de pagina]({address}).", {}))

    assert found.attributes == [("a", "href", address)]
    assert found.text == "Kijk op de pagina."
    assert address.split(":")[0] in SCHEMES


@pytest.mark.parametrize("address", BAD_LINKS)
@pytest.mark.parametrize(
    "form", ["[klik]({})", "[klik](<{}>)", "![klik]({})", "<{}>", "[a]: {}\n\n[a]"]
)
def test_any_other_link_stays_text(address, form):
    found = safe(render(form.format(address), {}))

    assert "a" not in found.tags


@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_in_a_text_is_shown_as_it_was_written(payload):
    found = safe(render(f"Je vroeg: {payload}", {}))

    assert set(found.tags) <= {"p", "strong"}
    assert found.text == f"Je vroeg: {payload.replace('**', '')}"


@pytest.mark.parametrize("payload", [*PAYLOADS, "**vet**", "[klik](https://evil.example)", "_jan_"])
@pytest.mark.parametrize("around", ["Hallo {}!", "**{}**", "- {}", "[{}](https://a.nl)", "`{}`"])
def test_a_detail_that_is_put_back_never_becomes_markup(payload, around):
    html = render(around.format("[naam:1]"), {"[naam:1]": payload})
    empty = render(around.format("[naam:1]"), {"[naam:1]": "x"})

    assert safe(html).tags == safe(empty).tags
    assert payload in safe(html).text


def test_a_detail_is_not_put_in_an_address():
    html = render('[klik](https://a.nl/[naam:1] "[naam:1]")', {"[naam:1]": '"><script>'})

    assert safe(html).attributes == [("a", "href", "https://a.nl/%5Bnaam:1%5D")]


def test_a_detail_that_looks_like_another_one_is_not_read_again():
    html = render("[naam:1]", {"[naam:1]": "[naam:2]", "[naam:2]": "geheim"})

    assert html == "<p>[naam:2]</p>"


PIECES = [
    *PAYLOADS,
    *BAD_LINKS,
    "[",
    "](",
    ")",
    "**",
    "_",
    "\\",
    "\n",
    "- ",
    "1. ",
    "&",
    "#",
    "<",
    ">",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map("".join))
def test_whatever_is_written_only_the_subset_comes_out(text):
    safe(render(text, {}))
