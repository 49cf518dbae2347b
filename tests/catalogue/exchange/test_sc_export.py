"""Our services as Samenwerkende Catalogi 4.0, and back."""

import re
from datetime import date
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.catalogue import gemeenten
from bot.catalogue.exchange.feed import FeedError, Report
from bot.catalogue.exchange.plain import plain
from bot.catalogue.exchange.sc_reader import products
from bot.catalogue.exchange.sc_writer import to_xml
from bot.catalogue.exchange.upl import NO_NAME, terms
from bot.catalogue.query import as_dict
from bot.catalogue.query import services as find_services

P = "{http://standaarden.overheid.nl/product/terms/}"
D = "{http://purl.org/dc/terms/}"
O = "{http://standaarden.overheid.nl/owms/terms/}"  # noqa: E741
TERMS = "http://standaarden.overheid.nl/owms/terms/"
ANY_URI = re.compile(r"(https?://[^\s<>\"{}|\\^`]+|urn:[a-z0-9]+:[a-z0-9-]+)")
# IPM Samenwerkende Catalogi 4.0 version 2.01, par. 3.5, which agrees with sc.xsd: the elements of
# each group in their order, with how often each may stand there.
STRUCTURE = {
    f"{P}owmskern": [
        (f"{D}identifier", 1, 1),
        (f"{D}title", 1, 1),
        (f"{D}language", 1, 1),
        (f"{D}type", 1, 1),
        (f"{D}modified", 1, 1),
        (f"{D}spatial", 1, 1),
        (f"{O}authority", 1, 1),
    ],
    f"{P}owmsmantel": [
        (f"{D}audience", 1, 2),
        (f"{D}subject", 0, None),
        (f"{D}abstract", 1, 1),
    ],
    f"{P}scmeta": [
        (f"{P}productID", 1, 1),
        (f"{P}onlineAanvragen", 1, 1),
        (f"{P}aanvraagURL", 0, 1),
        (f"{P}eenmaligAanmelden", 0, 1),
        (f"{P}contactpunt", 0, 1),
        (f"{P}uniformeProductnaam", 0, None),
        (f"{P}gerelateerdProduct", 0, None),
    ],
    f"{P}meta": [(f"{P}owmskern", 1, 1), (f"{P}owmsmantel", 1, 1), (f"{P}scmeta", 1, 1)],
    f"{P}body": [(f"{P}productHTML", 0, 1)],
    f"{P}scproduct": [(f"{P}meta", 1, 1), (f"{P}body", 1, 1)],
    f"{P}scproducten": [(f"{P}scproduct", 1, None)],
}
SCHEMES = {
    f"{D}type": {"overheid:Informatietype"},
    f"{D}spatial": {"overheid:Gemeente", "overheid:Koninkrijksdeel"},
    f"{O}authority": {"overheid:Gemeente"},
    f"{D}audience": {"overheid:Doelgroep"},
    f"{P}uniformeProductnaam": {"overheid:UniformeProductnaam"},
}


def assert_is_samenwerkende_catalogi(data):
    """Fails where the feed is not as the standard describes; gives its products."""
    assert data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')  # par. 3.2
    assert b'xmlns:overheid="http://standaarden.overheid.nl/owms/terms/"' in data
    root = ElementTree.fromstring(data)
    assert root.tag == f"{P}scproducten"
    identifiers, numbers = [], []
    for element in root.iter():
        children = [child.tag for child in element]
        allowed = STRUCTURE.get(element.tag, [])
        assert children == sorted(children, key=[name for name, _, _ in allowed].index)
        for name, least, most in allowed:
            assert least <= children.count(name) <= (most or 10_000), (element.tag, name)
        if element.tag in SCHEMES:
            assert element.get("scheme") in SCHEMES[element.tag]
        if not children and element.tag != f"{P}body":
            assert element.text and element.text == element.text.strip(), element.tag
        if element.tag != f"{P}productHTML":
            assert not re.search("<[a-zA-Z/!?]", element.text or "")  # par. 3.2: no markup
    for product in root:
        assert product.get("owms-version") == "4.0"
        kern = product.find(f"{P}meta/{P}owmskern")
        identifiers.append(kern.findtext(f"{D}identifier"))
        numbers.append(product.findtext(f"{P}meta/{P}scmeta/{P}productID"))
        assert ANY_URI.fullmatch(identifiers[-1]), identifiers[-1]
        assert kern.findtext(f"{D}type") == "productbeschrijving"
        assert date.fromisoformat(kern.findtext(f"{D}modified"))
        for place in (kern.find(f"{D}spatial"), kern.find(f"{O}authority")):
            assert place.get("resourceIdentifier").startswith(TERMS)
            assert " " not in place.get("resourceIdentifier")
        scmeta = product.find(f"{P}meta/{P}scmeta")
        assert scmeta.findtext(f"{P}onlineAanvragen") in ("ja", "nee", "digid")
        for name in scmeta.findall(f"{P}uniformeProductnaam"):
            assert re.fullmatch(rf"{TERMS}\S+", name.get("resourceIdentifier"))
    assert len(set(identifiers)) == len(identifiers)
    assert len(set(numbers)) == len(numbers)
    return root


def service(**changes):
    """A service as the public API gives it."""
    return {
        "id": "markt",
        "name": "Marktplaats",
        "status": "actueel",
        "summary": "Huur een plek.",
        "conditions": [],
        "first_step": "Bel de gemeente.",
        "duration": None,
        "results": None,
        "figures": [],
        "upl": [],
        "url": None,
        "provider": {"id": "loket", "name": "Loket", "url": None},
        "phases": ["starten"],
        "needs": [],
        "target_groups": [],
        "gemeenten": [],
        "sources": [],
        "reviewed_on": "2026-11-22",
        "review_by": "2027-01-01",
        **changes,
    }


def read_back(data):
    report = Report("feed")
    found = list(products(data, report))
    assert report.problems == []
    return found


def test_all_our_services_follow_the_standard(our_services):
    root = assert_is_samenwerkende_catalogi(to_xml(our_services, "Voorbeeldstad"))

    assert len(root) == sum(s["status"] != "gestopt" for s in our_services) > 50


def test_all_our_services_come_back_with_the_same_names_texts_and_upl_uris(our_services, drafts):
    wanted = {s["id"]: s for s in our_services if s["status"] != "gestopt"}

    summary = drafts.import_sc(to_xml(our_services, "Voorbeeldstad"))

    found = {item["draft"]["product"]: item for item in drafts.read().values()}
    assert summary.added == summary.products == len(found) == len(wanted)
    assert found.keys() == wanted.keys()
    for name, ours in wanted.items():
        theirs = found[name]
        for field in ("name", "summary", "first_step"):
            assert theirs[field] == " ".join(ours[field].split()), (name, field)
        for field in ("duration", "results"):
            assert theirs.get(field) == (ours[field] and " ".join(ours[field].split())), name
        assert theirs.get("conditions", []) == ours["conditions"], name
        uris = {term["uri"] for term in ours["upl"]}
        assert {term["uri"] for term in theirs.get("upl", [])} == uris - {NO_NAME}, name
        if ours["url"]:
            assert theirs["url"] in (ours["url"], f"{ours['url'].partition('#')[0]}#{name}")
        for figure in ours["figures"]:
            assert any(figure["value"] in note for note in theirs["draft"]["notes"]), name


@given(
    name=st.text(min_size=1),
    summary=st.text(min_size=1),
    conditions=st.lists(st.text(), max_size=4),
    first_step=st.text(),
    duration=st.one_of(st.none(), st.text(alphabet="<>&;/bp h2li\n'\"")),
    upl=st.lists(st.sampled_from(sorted(terms())), unique=True, max_size=3),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(drafts, name, summary, conditions, first_step, duration, upl):
    ours = service(
        name=f"N{name}",
        summary=f"S{summary}",
        conditions=conditions,
        first_step=first_step,
        duration=duration,
        upl=[{"name": terms()[uri].name, "uri": uri} for uri in upl],
    )

    data = to_xml([ours], "Aalsmeer")
    assert_is_samenwerkende_catalogi(data)
    drafts.import_sc(data)
    (item,) = drafts.read().values()
    for path in drafts.folder.glob("*.yml"):
        path.unlink()

    assert item["name"] == plain(f"N{name}")
    assert item["summary"] == plain(f"S{summary}")
    assert item.get("conditions", []) == [text for c in conditions if (text := plain(c))]
    assert item.get("first_step", "") == plain(first_step)
    assert item.get("duration", "") == plain(duration or "")
    assert [term["uri"] for term in item.get("upl", [])] == [uri for uri in upl if uri != NO_NAME]


def test_a_service_without_uniform_name_says_so():
    (product,) = ElementTree.fromstring(to_xml([service()], "Assen"))

    name = product.find(f".//{P}uniformeProductnaam")
    assert name.text == "UPL-naam nog niet beschikbaar"
    assert name.get("resourceIdentifier") == f"{TERMS}UPL-naam_nog_niet_beschikbaar"
    assert read_back(to_xml([service()], "Assen"))[0].upl == []


@pytest.mark.parametrize(
    ("names", "only", "scheme", "place"),
    [
        ([], None, "overheid:Koninkrijksdeel", "Nederland"),
        ([], "Assen", "overheid:Koninkrijksdeel", "Nederland"),
        (["Assen"], None, "overheid:Gemeente", "Assen_(gemeente)"),
        (["Tynaarlo", "Assen"], "Assen", "overheid:Gemeente", "Assen_(gemeente)"),
        (["Tynaarlo", "Urk"], "Assen", "overheid:Gemeente", "Tynaarlo"),
        (["Urk", "Aalsmeer"], None, "overheid:Gemeente", "Aalsmeer_(gemeente)"),
    ],
)
def test_where_a_service_can_be_used(names, only, scheme, place):
    data = to_xml([service(gemeenten=names)], "Aalsmeer", only)

    (product,) = assert_is_samenwerkende_catalogi(data)
    spatial = product.find(f".//{D}spatial")
    assert spatial.get("scheme") == scheme
    assert spatial.get("resourceIdentifier") == TERMS + place
    assert product.findtext(f".//{O}authority") == "Aalsmeer"
    for name in names:
        assert name in product.findtext(f".//{P}productHTML")


def test_services_that_share_a_page_have_an_address_of_their_own():
    page = "https://www.kvk.example/start"
    ours = [
        service(id="een", url=page),
        service(id="twee", url=page),
        service(id="drie", provider={"url": f"{page}#top"}),
        service(id="vier"),
    ]

    data = to_xml(ours, "Assen")
    root = assert_is_samenwerkende_catalogi(data)

    identifiers = [found.text for found in root.iter(f"{D}identifier")]
    assert identifiers == [page, f"{page}#twee", f"{page}#drie", "urn:startwijzer:vier"]
    assert [p.url for p in read_back(data)] == [page, f"{page}#twee", f"{page}#drie", None]


def test_a_service_that_stopped_is_left_out():
    data = to_xml([service(), service(id="weg", status="gestopt")], "Assen")

    assert [p.key for p in read_back(data)] == ["markt"]


@pytest.mark.parametrize("services", [[], [service(status="gestopt")]])
def test_a_feed_without_products_is_not_made(services):
    with pytest.raises(FeedError, match="geen diensten"):
        to_xml(services, "Assen")


@pytest.mark.parametrize(("publisher", "only"), [("Asen", None), ("Assen", "Asen")])
def test_a_gemeente_that_does_not_exist_is_refused(publisher, only):
    with pytest.raises(FeedError, match="'Asen' is geen gemeente"):
        to_xml([service()], publisher, only)


@pytest.mark.parametrize("gemeente", ["Assen", "Den Haag", "Voorbeeldstad"])
def test_the_feed_of_a_gemeente_follows_the_standard(our_database, gemeente):
    assert gemeente in gemeenten.names()
    with our_database.session() as session:
        ours = [as_dict(found) for found in find_services(session, gemeente=gemeente)]

    root = assert_is_samenwerkende_catalogi(to_xml(ours, gemeente, gemeente))

    places = {found.text for found in root.iter(f"{D}spatial")}
    assert len(places) == 2 and "Nederland" in places


def test_the_check_of_the_structure_can_fail(our_services):
    good = to_xml(our_services[:1], "Assen").decode()
    assert_is_samenwerkende_catalogi(good.encode())

    title = re.search(r"\s*<dcterms:title>.*</dcterms:title>", good)[0]
    for bad in (
        good.replace(title, ""),
        good.replace(title, title * 2),
        good.replace(title, "").replace(
            "</overheidproduct:owmskern>", f"{title}</overheidproduct:owmskern>"
        ),
        good.replace(">nee<", ">misschien<"),
        good.replace('owms-version="4.0"', 'owms-version="3.5"'),
        good.replace("overheid:Doelgroep", "overheid:Groep"),
        good.replace(">productbeschrijving<", ">brief<"),
    ):
        assert bad != good
        with pytest.raises((AssertionError, AttributeError)):
            assert_is_samenwerkende_catalogi(bad.encode())
