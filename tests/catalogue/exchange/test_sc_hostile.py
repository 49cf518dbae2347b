"""Feeds that are broken or meant to do harm: one clear error, and nothing has changed."""

import os
from pathlib import Path

import pytest

from bot.catalogue.exchange import feed as feed_module
from bot.catalogue.exchange import sc_xml
from bot.catalogue.exchange.feed import MOST_BYTES, MOST_TEXT, FeedError
from bot.content import ContentError

NAMES = [
    *("dcterms:identifier", "dcterms:title", "dcterms:language", "dcterms:type"),
    *("dcterms:modified", "dcterms:spatial", "overheid:authority", "dcterms:audience"),
    *("dcterms:abstract", "productID", "onlineAanvragen"),
]
BOMB = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
DTD = "DTD of entiteiten"
ATTRIBUTES = " ".join(f"b{n}='x'" for n in range(4_000))


@pytest.fixture
def refused(drafts):
    """Imports a feed that must be refused; gives its problems."""
    drafts.fill()

    def refuse(data):
        before = drafts.everything()
        with pytest.raises(FeedError) as error:
            drafts.import_sc(data)
        assert isinstance(error.value, ContentError)
        assert drafts.everything() == before
        return error.value.problems

    return refuse


@pytest.fixture
def refused_whole(refused):
    """Imports a feed that must be refused as a whole; gives the one message."""

    def refuse(data):
        (problem,) = refused(data)
        assert problem.file.endswith("feed")
        assert problem.item == ""
        return problem.message

    return refuse


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE p [<!ENTITY b0 "ha">{BOMB}]>',
        f'<!DOCTYPE p [<!ENTITY a "{"x" * 10000}">]>',
        '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE p [<!ENTITY a SYSTEM "https://evil.example/x">]>',
        '<!DOCTYPE p [<!ENTITY % a SYSTEM "https://evil.example/x.dtd"> %a;]>',
        '<!DOCTYPE p SYSTEM "https://evil.example/x.dtd">',
        '<!DOCTYPE p PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/x.dtd">',
        "<!DOCTYPE scproducten>",
    ],
    ids=["bomb", "blowup", "file", "network", "parameter", "external", "public", "empty"],
)
@pytest.mark.parametrize("text", ["&b9;", "&a;", "gewoon"])
def test_a_dtd_is_refused(sc, refused_whole, doctype, text):
    feed = sc.feed(sc.product(abstract=text, raw=True), declaration=f"{DECLARATION}{doctype}")

    assert DTD in refused_whole(feed)


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("ISO-8859-1", "ISO-8859-1"),
        ("windows-1252", "windows-1252"),
        ("utf-16", "utf-16"),
        ("UTF-7", "UTF-7"),
        ("bestaat-niet", "bestaat-niet"),
    ],
)
def test_a_feed_that_says_it_is_in_another_encoding_is_refused(sc, refused_whole, declared, shown):
    feed = sc.feed(declaration=f"<?xml version='1.0' encoding='{declared}'?>")

    assert refused_whole(feed) == (
        f"deze feed zegt dat hij in {shown} staat, maar de standaard vraagt UTF-8"
    )


def test_text_that_is_not_in_the_encoding_that_it_says_is_refused(sc, refused_whole):
    feed = sc.feed(sc.product(title="Café")).decode().encode("latin-1")

    assert "geen geldige UTF-8 (regel 1, byte " in refused_whole(feed)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_feed_in_another_encoding_is_refused(sc, refused_whole, encoding):
    """Also without a mark of byte order, where every byte could be UTF-8."""
    assert "UTF-8" in refused_whole(sc.feed().decode().encode(encoding))


@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_feed_that_was_cut_off_is_refused(sc, refused, tenth):
    feed = sc.feed(*(sc.product(n) for n in range(1, 40)))

    problems = refused(feed[: len(feed) * tenth // 10])

    assert "deze feed is niet compleet" in problems[-1].message
    assert "regel 1, positie" in problems[-1].message


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(refused_whole, data):
    assert refused_whole(data) == "dit bestand is leeg"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"geen xml", "geen geldige XML (regel 1, positie 1)"),
        (b'{"results": []}', "geen geldige XML"),
        (b"<a><b></a>", "het hoofdelement is a zonder naamruimte"),
        (b"<p:a/>", "geen geldige XML"),
        (b"<scproducten/>", "scproducten zonder naamruimte, maar moet scproducten zijn in de"),
        (b"<x xmlns='http://www.loc.gov/zing/srw/'/>", "x in http://www.loc.gov/zing/srw/"),
        (
            b"<scproducten xmlns='http://standaarden.overheid.nl/sc/terms/'/>",
            "scproducten in http://standaarden.overheid.nl/sc/terms/",
        ),
        (b"<scproducten xmlns='http://standaarden.overheid.nl/product/terms/'/>", "geen enkel"),
        (
            b"<scproducts xmlns='http://standaarden.overheid.nl/product/terms/'/>",
            "hoofdelement is scproducts in",
        ),
        (
            b"<a:scproducten xmlns:a='http://standaarden.overheid.nl/product/terms/'><scproduct/>",
            "onder scproducten staat scproduct zonder naamruimte",
        ),
        (b"<?xml version='1.0'?><!-- niets -->", "niet compleet"),
    ],
)
def test_what_is_no_feed_of_samenwerkende_catalogi_is_refused(refused_whole, data, message):
    assert message in refused_whole(data)


@pytest.mark.parametrize("bad", ["\x01", "\x1b", "\ufffe", "\uffff"])
def test_characters_that_xml_does_not_allow_are_refused(sc, refused_whole, bad):
    assert "geen geldige XML" in refused_whole(sc.feed(sc.product(title=f"a{bad}b")))


@pytest.mark.parametrize("reference", ["&#0;", "&#1;", "&#x1b;", "&#xFFFE;", "&#xD800;"])
def test_references_to_such_characters_are_refused(sc, refused_whole, reference):
    feed = sc.feed(sc.product(title=f"a{reference}b", raw=True))

    assert "geen geldige XML" in refused_whole(feed)


def test_a_code_of_html_is_refused_with_what_is_wrong(sc, refused_whole):
    assert "zoals &nbsp;" in refused_whole(sc.feed(sc.product(title="a&nbsp;b", raw=True)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", [None, "", " \n ", "<b></b>", "\u200b"])
def test_an_obligatory_field_is_named_by_product_and_field(sc, refused, name, text):
    local = name.rpartition(":")[2]
    products = [sc.product(1), sc.product(2, **{local: text}), sc.product(3)]

    (problem,) = refused(sc.feed(*products))

    assert (problem.item, problem.field) == ("product 2", name)
    assert problem.message == "verplicht veld ontbreekt of is leeg"


def test_every_problem_is_named_and_twenty_are_enough(sc, refused):
    products = [sc.product(n, title=None, abstract=None) for n in range(1, 6)]
    assert [p.item for p in refused(sc.feed(*products))] == [
        f"product {n}" for n in range(1, 6) for _ in range(2)
    ]

    problems = refused(sc.feed(*(sc.product(n, title=None) for n in range(1, 50))))

    assert len(problems) == 21
    assert "eerste 20 fouten" in problems[-1].message


@pytest.mark.parametrize(
    ("changes", "name", "message"),
    [
        ({"identifier": "javascript:alert(1)"}, "dcterms:identifier", "https:// of http://"),
        ({"identifier": "JavaScript:alert(1)"}, "dcterms:identifier", "https:// of http://"),
        ({"identifier": "java\u200bscript:alert(1)"}, "dcterms:identifier", "https:// of http://"),
        ({"identifier": "data:text/html,<b>"}, "dcterms:identifier", "https:// of http://"),
        ({"identifier": "file:///etc/passwd"}, "dcterms:identifier", "https:// of http://"),
        ({"identifier": "/producten/1"}, "dcterms:identifier", "https:// of http://"),
        ({"identifier": "https:///pad"}, "dcterms:identifier", "geen geldig webadres"),
        ({"identifier": "https://a@b.example/"}, "dcterms:identifier", "geen geldig webadres"),
        ({"identifier": "https://[1"}, "dcterms:identifier", "geen geldig adres"),
        ({"identifier": "https://a.example/ b"}, "dcterms:identifier", "spaties"),
        ({"identifier": f"https://a.example/{'a' * 500}"}, "dcterms:identifier", "te lang"),
        ({"aanvraagURL": "javascript:alert(1)"}, "aanvraagURL", "https:// of http://"),
        ({"aanvraagURL": "https://a.example/\u202eb"}, "aanvraagURL", "onzichtbare"),
        ({"modified": "gisteren"}, "dcterms:modified", "jjjj-mm-dd"),
        ({"modified": "2026-02-30"}, "dcterms:modified", "jjjj-mm-dd"),
        ({"version": "3.0"}, "owms-version", "moet 4.0 zijn, en is '3.0'"),
        ({"version": ""}, "owms-version", "moet 4.0 zijn"),
        ({"title": ["Een", "Twee"]}, "dcterms:title", "meer dan één keer"),
        ({"productID": "1"}, "productID", "'1' staat ook bij product 1"),
        (
            {"identifier": "https://www.aalsmeer.example/product/1"},
            "dcterms:identifier",
            "staat ook bij product 1",
        ),
        ({"abstract": "a" * 100_001}, "dcterms:abstract", "hoogstens 100.000 tekens"),
        ({"html": "<b>x</b>" * 20_000}, "productHTML", "hoogstens 100.000 tekens"),
    ],
)
def test_a_field_that_is_wrong_is_named(sc, refused, monkeypatch, changes, name, message):
    monkeypatch.setattr(sc_xml, "MOST_ELEMENTS", 50_000)

    (problem,) = refused(sc.feed(sc.product(1), sc.product(2, **changes)))

    assert (problem.item, problem.field) == ("product 2", name)
    assert message in problem.message


def test_a_feed_that_is_too_large_is_not_even_opened(drafts, monkeypatch):
    """50 MB, of which nothing is on the disk."""
    drafts.fill()
    path = drafts.path(b"")
    os.truncate(path, 50 * 1024 * 1024)
    before = drafts.everything()

    with monkeypatch.context() as patch, pytest.raises(FeedError) as error:
        patch.setattr(type(path), "open", lambda *_: pytest.fail("it was opened"))
        feed_module.read(path)

    assert "te groot: 50.0 MB, hoogstens 20 MB" in str(error.value)
    assert drafts.everything() == before


def test_a_feed_of_just_the_limit_is_read_and_one_byte_more_is_not(sc, drafts):
    feed = sc.feed()
    feed += b"<!-- niets -->" * ((MOST_BYTES - len(feed)) // 14)
    feed += b" " * (MOST_BYTES - len(feed))
    assert len(feed) == MOST_BYTES
    assert drafts.import_sc(feed).added == 1

    with pytest.raises(FeedError, match="te groot"):
        drafts.import_sc(feed + b" ")


def test_a_file_that_does_not_say_how_large_it_is_stops_at_the_limit():
    """A pipe or a device has no size."""
    with pytest.raises(FeedError, match="te groot"):
        feed_module.read(Path("/dev/zero"))


def test_a_file_that_is_not_there_is_named(drafts):
    with pytest.raises(FeedError, match="dit bestand bestaat niet"):
        feed_module.read(drafts.folder.parent / "nee.xml")
    with pytest.raises(FeedError, match="dit is een map"):
        feed_module.read(drafts.folder.parent)


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<a>" * 1_000_000, "dieper in elkaar dan 100 lagen"),
        ("<a/>" * 1_000_000, "product 1 heeft meer dan 5.000 elementen"),
        ("".join(f"<a{n}/>" for n in range(4_000)), "meer dan 1.000 verschillende namen"),
        (f"<a {ATTRIBUTES}/>", "meer dan 1.000 verschillende"),
        (f'<a b="{"x" * 2_000_000}"/>', "een element van meer dan 1.000.000 tekens"),
    ],
    ids=["deep", "many", "names", "attributes", "long"],
)
def test_what_would_take_much_memory_stops_at_a_limit(sc, refused_whole, inside, message):
    start = sc.feed(close="").decode().replace("</p:scproduct>", "")

    assert message in refused_whole(f"{start}{inside}".encode())


def test_of_a_text_that_is_too_long_no_more_is_kept_than_is_allowed():
    value = sc_xml.Value()
    for _ in range(1_000):
        value.add("x" * 1_000)

    assert value.size == 1_000_000
    assert len(value.text) == MOST_TEXT == 100_000


def test_a_hundred_thousand_products_is_the_limit(sc, refused, refused_whole, monkeypatch):
    empty = '<p:scproduct owms-version="4.0"/>' * 100_001
    assert "eerste 20 fouten" in refused(sc.feed(empty))[-1].message

    assert sc_xml.MOST_PRODUCTS == 100_000
    monkeypatch.setattr(sc_xml, "MOST_PRODUCTS", 3)
    feed = sc.feed(*(sc.product(n) for n in range(1, 5)))
    assert refused_whole(feed) == "deze feed heeft meer dan 3 producten"


def test_a_mistake_in_the_last_product_leaves_no_draft_of_the_first(sc, refused):
    feed = sc.feed(*(sc.product(n) for n in range(1, 400)), sc.product(400, title=None))

    (problem,) = refused(feed)

    assert problem.item == "product 400"
