"""Feeds of Samenwerkende Catalogi that are as they should be."""

import tracemalloc

import pytest

from bot.catalogue.exchange import feed as feed_module
from bot.catalogue.exchange import sc_reader
from bot.catalogue.exchange.feed import FeedError, Report

UPL = "http://standaarden.overheid.nl/owms/terms/"
# The example in the appendix of IPM Samenwerkende Catalogi 4.0 in its form: other prefixes,
# line breaks within texts, escaped XHTML, several subjects.
EXAMPLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<overheidproduct:scproducten xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:dcterms="http://purl.org/dc/terms/" xmlns:overheid="http://standaarden.overheid.nl/owms/terms/"
 xmlns:overheidproduct="http://standaarden.overheid.nl/product/terms/"
 xsi:schemaLocation="http://standaarden.overheid.nl/product/terms/ sc.xsd">
<overheidproduct:scproduct owms-version="4.0">
<overheidproduct:meta>
<overheidproduct:owmskern>
<dcterms:identifier>
https://www.aalsmeer.example/regelen/parkeervergunning
</dcterms:identifier>
<dcterms:title><![CDATA[Parkeren & laden
 voor dienstverleners]]></dcterms:title>
<dcterms:language>nl</dcterms:language>
<dcterms:type scheme="overheid:Informatietype">productbeschrijving</dcterms:type>
<dcterms:modified>2018-04-06</dcterms:modified>
<dcterms:spatial scheme="overheid:Gemeente"
 resourceIdentifier="http://standaarden.overheid.nl/owms/terms/Aalsmeer_(gemeente)">Aalsmeer</dcterms:spatial>
<overheid:authority scheme="overheid:Gemeente"
 resourceIdentifier="http://standaarden.overheid.nl/owms/terms/Aalsmeer_(gemeente)">Aalsmeer</overheid:authority>
</overheidproduct:owmskern>
<overheidproduct:owmsmantel>
<dcterms:audience scheme="overheid:Doelgroep">ondernemer
</dcterms:audience>
<dcterms:subject>parkeervergunning
dienstverleners</dcterms:subject>
<dcterms:subject>servicebedrijven</dcterms:subject>
<dcterms:abstract>
Hiermee parkeren bedrijven zoals aannemers,
artsen en makelaars waar parkeren geld kost.
</dcterms:abstract>
</overheidproduct:owmsmantel>
<overheidproduct:scmeta>
<overheidproduct:productID>16965</overheidproduct:productID>
<overheidproduct:onlineAanvragen>digid</overheidproduct:onlineAanvragen>
<overheidproduct:aanvraagURL resourceIdentifier="http://www.aalsmeer.example/loket"/>
<overheidproduct:uniformeProductnaam
 resourceIdentifier="http://standaarden.overheid.nl/owms/terms/evenementenvergunning"
 scheme="overheid:UniformeProductnaam">evenementenvergunning</overheidproduct:uniformeProductnaam>
</overheidproduct:scmeta>
</overheidproduct:meta>
<overheidproduct:body>
<overheidproduct:productHTML xmlns="http://www.w3.org/1999/xhtml"
 xsi:schemaLocation="http://www.w3.org/1999/xhtml http://www.w3.org/2002/08/xhtml/xhtml1-strict.xsd">
&lt;p&gt;Je hebt een bedrijf.&lt;/p&gt;&lt;h3&gt;Voorwaarden&lt;/h3&gt;&lt;ul&gt;&lt;li&gt;Je
hebt een busje.&lt;/li&gt;&lt;li&gt;Je betaalt vooraf.&lt;/li&gt;&lt;/ul&gt;
&lt;h3&gt;Kosten&lt;/h3&gt;&lt;p&gt;Dat verschilt.&lt;/p&gt;
</overheidproduct:productHTML>
</overheidproduct:body>
</overheidproduct:scproduct>
</overheidproduct:scproducten>
"""


def test_the_example_of_the_standard_becomes_a_draft(drafts):
    summary = drafts.import_sc(EXAMPLE)

    assert str(summary).startswith("1 product gelezen, 1 concept gemaakt.")
    assert list(drafts.read()) == ["aalsmeer-parkeren-laden-voor-dienstverleners"]
    assert drafts.one() == {
        "id": "aalsmeer-parkeren-laden-voor-dienstverleners",
        "name": "Parkeren & laden voor dienstverleners",
        "status": "actueel",
        "gemeenten": ["Aalsmeer"],
        "summary": "Hiermee parkeren bedrijven zoals aannemers, artsen en makelaars waar parkeren "
        "geld kost.",
        "conditions": ["Je hebt een busje.", "Je betaalt vooraf."],
        "url": "https://www.aalsmeer.example/regelen/parkeervergunning",
        "upl": [{"name": "evenementenvergunning", "uri": f"{UPL}evenementenvergunning"}],
        "sources": [
            {
                "title": "Samenwerkende Catalogi, gemeente Aalsmeer",
                "date": "2018-04-06",
                "url": "https://www.aalsmeer.example/regelen/parkeervergunning",
            }
        ],
        "draft": {
            "source": "samenwerkende-catalogi",
            "gemeente": "Aalsmeer",
            "product": "16965",
            "imported_on": "2026-11-22",
            "todo": drafts.one()["draft"]["todo"],
            "apply_url": "http://www.aalsmeer.example/loket",
            "keywords": ["parkeervergunning dienstverleners", "servicebedrijven"],
            "notes": [
                "Online aanvragen kan, met DigiD.",
                "Je hebt een bedrijf.",
                "Kosten",
                "Dat verschilt.",
            ],
        },
    }
    todo = [line.partition(":")[0] for line in drafts.one()["draft"]["todo"]]
    missing = ["provider", "phases", "needs", "first_step", "reviewed_on", "review_by"]
    assert todo == [*missing, "target_groups"]


def test_inline_xhtml_is_read_as_escaped_xhtml_is(sc, drafts):
    html = (
        'Eerst: 1 &lt; 2 &lt;b<p xmlns="http://www.w3.org/1999/xhtml">Je <b>moet</b> &lt;dit&gt; '
        "weten.</p><h2>Eerste stap</h2><p>Bel de gemeente.</p><p>Vraag naar het loket.</p>"
        "<h2>Eerste stap</h2><p>Of ga erheen.</p><h2>Voorwaarden</h2>"
    )

    drafts.import_sc(sc.feed(sc.product(html=html)))

    assert drafts.one()["first_step"] == "Bel de gemeente. Vraag naar het loket."
    assert drafts.one()["draft"]["notes"] == [
        *("Eerst: 1 < 2 < b", "Je moet weten."),
        *("Eerste stap", "Of ga erheen."),
    ]
    assert "conditions" not in drafts.one()


@pytest.mark.parametrize(
    ("audience", "upl", "taken"),
    [
        ("ondernemer", None, True),
        (["particulier", "ondernemer"], None, True),
        ("Ondernemer ", None, True),
        ("particulier", None, False),
        ("particulier", f"{UPL}evenementenvergunning|evenementenvergunning", True),
        ("particulier", f"{UPL}aanleunwoning|aanleunwoning", False),
        ("particulier", f"{UPL}UPL-naam_nog_niet_beschikbaar|UPL-naam nog niet beschikbaar", False),
        ("particulier", "https://iets.example/|evenementenvergunning", True),
        ("inwoner", None, False),
    ],
)
def test_only_what_is_about_entrepreneurship_becomes_a_draft(sc, drafts, audience, upl, taken):
    product = sc.product(audience=audience, uniformeProductnaam=upl)

    summary = drafts.import_sc(sc.feed(product, sc.product(2, audience="particulier")))

    assert len(drafts.read()) == summary.added == int(taken)
    assert summary.left_out == 2 - int(taken)
    left_out = "1 product" if taken else "2 producten"
    assert f"{left_out} overgeslagen: niet voor ondernemers." in str(summary)


def test_uniform_names_are_those_of_the_list(sc, drafts):
    names = [
        f"{UPL}evenementenvergunning|Feestvergunning",
        f"{UPL.replace('http:', 'https:')}bijstandZst|bijstand zelfstandigen",
        f"{UPL}nieuwInDeLijst|nieuw in de lijst",
        f"{UPL}evenementenvergunning|evenementenvergunning",
        f"{UPL}UPL-naam_nog_niet_beschikbaar|UPL-naam nog niet beschikbaar",
        "javascript:alert(1)|verzonnen naam",
    ]

    drafts.import_sc(sc.feed(sc.product(uniformeProductnaam=names)))

    assert drafts.one()["upl"] == [
        {"name": "evenementenvergunning", "uri": f"{UPL}evenementenvergunning"},
        {"name": "bijstand zelfstandigen", "uri": f"{UPL}bijstandZst"},
        {"name": "nieuw in de lijst", "uri": f"{UPL}nieuwInDeLijst"},
    ]
    assert drafts.one()["draft"]["notes"] == [
        "Deze uniforme productnaam staat niet in de lijst: verzonnen naam."
    ]


def test_markup_and_characters_that_are_not_seen_are_taken_out(sc, drafts):
    drafts.import_sc(
        sc.feed(
            sc.product(
                title="Feest <b>geven</b>\u202e\u200b",
                abstract="<p>Vraag dit&nbsp;aan.</p><script>alert('x')</script>\x9b\u2066Klaar",
                subject="<i>feest</i>",
            )
        )
    )

    assert drafts.one()["name"] == "Feest geven"
    assert drafts.one()["summary"] == "Vraag dit aan. Klaar"
    assert drafts.one()["draft"]["keywords"] == ["feest"]


def test_what_does_not_fit_in_a_service_is_said(sc, drafts):
    drafts.import_sc(
        sc.feed(
            sc.product(
                title="Naam " * 30,
                abstract="woord " * 200,
                identifier=f"https://www.aalsmeer.example/{'a' * 300}",
            )
        )
    )

    todo = drafts.one()["draft"]["todo"]
    assert "name: te lang: 149 tekens, hoogstens 120" in todo
    assert "summary: te lang: 1199 tekens, hoogstens 600" in todo
    assert "url" not in drafts.one()
    assert drafts.one()["sources"][0]["url"].endswith("aaa")


def test_a_page_without_https_is_only_a_source(sc, drafts):
    drafts.import_sc(sc.feed(sc.product(identifier="http://www.aalsmeer.example/a?b=1&c=2")))

    assert "url" not in drafts.one()
    assert drafts.one()["sources"][0]["url"] == "http://www.aalsmeer.example/a?b=1&c=2"


def test_products_with_the_same_name_get_an_id_of_their_own(sc, drafts):
    drafts.import_sc(
        sc.feed(
            *(sc.product(n, title="Terras", productID=key) for n, key in enumerate("ABC", 1)),
            sc.product(4, title="Terras", productID="a"),
            sc.product(5, title="Terras", productID="%"),
            sc.product(6, title="Terras", productID="b."),
        )
    )

    assert {item["draft"]["product"]: name for name, item in drafts.read().items()} == {
        "A": "aalsmeer-terras",
        "B": "aalsmeer-terras-b",
        "C": "aalsmeer-terras-c",
        "a": "aalsmeer-terras-a",
        "%": "aalsmeer-terras-5",
        "b.": "aalsmeer-terras-b-6",
    }


@pytest.mark.parametrize(
    ("title", "identifier"),
    [
        ("../../etc/passwd", "aalsmeer-etc-passwd"),
        ("Café Zoë's terrás", "aalsmeer-cafe-zoe-s-terras"),
        ("مقهى", "aalsmeer-key-1"),
        ("x" * 200, f"aalsmeer-{'x' * 71}"),
    ],
)
def test_an_id_is_safe_as_the_name_of_a_file(sc, drafts, title, identifier):
    drafts.import_sc(sc.feed(sc.product(title=title, productID="../key/1")))

    assert list(drafts.read()) == [identifier]


def test_a_feed_of_another_gemeente_is_noticed(sc, drafts):
    assert "Let op" not in str(drafts.import_sc(sc.feed()))
    assert "bevoegd gezag Aalsmeer, en niet Assen." in str(drafts.import_sc(sc.feed(), "Assen"))
    hague = sc.feed(sc.product(authority="'s-Gravenhage"))
    assert "Let op" not in str(drafts.import_sc(hague, "Den Haag"))


def test_a_gemeente_that_does_not_exist_is_refused(sc, drafts):
    before = drafts.everything()

    with pytest.raises(FeedError, match="'Aalsmere' is geen gemeente"):
        drafts.import_sc(sc.feed(), "Aalsmere")

    assert drafts.everything() == before


def test_a_feed_may_lack_its_declaration_and_may_have_a_byte_order_mark(sc, drafts):
    summary = drafts.import_sc(b"\xef\xbb\xbf" + sc.feed(declaration=""))

    assert summary.added == 1


def test_the_largest_feed_is_read_without_keeping_it(sc, monkeypatch):
    """Memory does not grow with the number of products."""
    html = "&lt;p&gt;Een lange tekst over deze vergunning.&lt;/p&gt;" * 50

    def peak(number):
        data = sc.feed(*(sc.product(n, html=html) for n in range(1, number + 1)))
        tracemalloc.start()
        count = sum(1 for _ in sc_reader.products(data, Report("feed")))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == number
        return used

    few, many = peak(50), peak(450)

    assert many < few + 300_000  # the ids of 400 products, not their 1.3 MB of text
    assert feed_module.MOST_BYTES == 20 * 1024 * 1024
