"""The public catalogue over HTTP: filters, pages, errors, caching and the NL API Design Rules."""

import re
import unicodedata
from datetime import date

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from bot.catalogue import gemeenten
from bot.catalogue.model import CatalogueVersion, Provider
from bot.catalogue.query import as_dict, services
from bot.gateway.description import openapi
from bot.taxonomy import taxonomy

BASE = "/api/v1"
SERVICES = f"{BASE}/catalogue/services"
PROVIDERS = f"{BASE}/catalogue/providers"
OPEN = [
    f"{BASE}/openapi.json",
    SERVICES,
    f"{SERVICES}/kvk-inschrijven",
    PROVIDERS,
    f"{PROVIDERS}/kvk",
]
WRONG = [f"{SERVICES}/nergens", f"{SERVICES}?kleur=rood", f"{PROVIDERS}?page=9999"]


@pytest.fixture(scope="session")
def every(catalogue_database):
    """All services as data, by name."""
    with catalogue_database.session() as session:
        return [as_dict(service) for service in services(session)]


@pytest.fixture(scope="session")
def get(catalogue_url):
    def get(path, method="GET", **options):
        return requests.request(method, f"{catalogue_url}{path}", timeout=30, **options)

    return get


@pytest.fixture(scope="session")
def ids(get):
    def ids(path=SERVICES, **parameters):
        response = get(path, params=parameters)
        assert response.status_code == 200, response.text
        return [item["id"] for item in response.json()[path.split("/")[-1]]]

    return ids


def problem(response, status):
    """The body of an error, after a look at its form."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"].endswith(".")
    return body


def test_without_parameters_every_service_comes_as_before(get, every):
    body = get(SERVICES).json()

    assert body["services"] == every
    assert (body["count"], body["next"], body["previous"]) == (len(every), None, None)


@pytest.mark.parametrize(
    ("parameter", "value", "facet"),
    [
        ("phase", "starten", "phase"),
        ("need", "handelsregister", "need"),
        ("provider", "uwv", "provider"),
        ("provider", "kvk", "provider"),
        ("targetGroup", "bijstand", "target_group"),
        ("target_group", "bijstand", "target_group"),
        ("gemeente", "Assen", "gemeente"),
    ],
)
def test_each_facet_finds_what_the_domain_finds(ids, catalogue_database, parameter, value, facet):
    with catalogue_database.session() as session:
        expected = [service.id for service in services(session, **{facet: value})]

    assert expected
    assert ids(**{parameter: value}) == expected


def test_facets_together_narrow_each_other(ids, every):
    expected = [
        s["id"]
        for s in every
        if "starten" in s["phases"]
        and (not s["target_groups"] or "bijstand" in s["target_groups"])
        and s["status"] == "actueel"
    ]

    assert ids(phase="starten", targetGroup="bijstand", status="actueel") == expected


def test_the_new_name_of_a_parameter_wins_over_the_old_one(ids):
    assert ids(target_group="ww", targetGroup="bijstand") == ids(targetGroup="bijstand")
    assert ids(page_size="3") == ids(pageSize="3")


@pytest.mark.parametrize("status", ["actueel", "onbekend", "gestopt"])
def test_status_filters(ids, every, status):
    assert ids(status=status) == [s["id"] for s in every if s["status"] == status]


def test_words_are_found_in_name_and_summary_in_any_case_and_order(ids, every):
    expected = [
        s["id"]
        for s in every
        if all(word in f"{s['name']} {s['summary']}".lower() for word in ("bedrijf", "kvk"))
    ]

    assert "kvk-inschrijven" in expected
    assert ids(q="KVK bedrijf") == expected
    assert ids(q="  bedrijf, kvk! ") == expected


WORDS = ["KVK", "bedrijf", "ëï", "Één", "%", "_", "\\", "'", '"', "\x00", "a" * 90, "\u0308", "½"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=6).map(" ".join))
def test_whatever_is_searched_for_is_found_or_refused(get, every, q):
    response = get(SERVICES, params={"q": q})
    words = re.findall("[0-9a-zà-ɏḁ-ỿ]+", unicodedata.normalize("NFC", q).lower())

    if len(q) > 100 or not re.search("[0-9A-Za-zÀ-ɏḀ-ỿ]", q):
        problem(response, 400)
    else:
        assert response.status_code == 200, response.text
        assert {service["id"] for service in response.json()["services"]} == {
            s["id"]
            for s in every
            if all(word in f"{s['name']} {s['summary']}".lower() for word in words)
        }


@pytest.mark.parametrize("q", ["zeppelinvaart", "100%x", "a_b_c_zzz"])
def test_a_word_that_is_nowhere_finds_nothing(get, q):
    body = get(SERVICES, params={"q": q}).json()

    assert body == {"count": 0, "next": None, "previous": None, "services": []}


def test_capitals_with_an_accent_are_capitals_too(database, serve, tmp_path):
    day = date(2026, 11, 22)
    review = {"reviewed_on": day, "review_by": day}
    with database.session() as session:
        session.add(Provider(id="loket", name="Één LOKET", kind="uwv", gemeenten=[], **review))
    with serve(database, tmp_path) as url:
        for q, count in (("één loket", 1), ("ÉÉN", 1), ("een", 0)):
            found = requests.get(f"{url}{PROVIDERS}", params={"q": q}, timeout=10)
            assert found.json()["count"] == count, q


def test_a_wildcard_of_sql_is_no_wildcard(ids):
    assert ids(q="k%n") == ids(q="k n")
    assert ids(q="k_n") == ids(q="k n")


def test_accents_may_be_written_in_two_ways(ids):
    composed = ids(q="co\u00f6rdinatie") or ids(q="\u00e9\u00e9n")

    assert composed
    assert composed in (ids(q="coo\u0308rdinatie"), ids(q="e\u0301e\u0301n"))


def test_pages_hold_everything_once_and_in_order(get, every):
    seen = []
    address = f"{SERVICES}?pageSize=7&phase=starten"
    first = address
    previous = None
    while address:
        body = get(address).json()
        assert len(body["services"]) <= 7
        assert (body["previous"] is None) == (previous is None)
        seen += [service["id"] for service in body["services"]]
        previous, address = address, body["next"]

    assert seen == [s["id"] for s in every if "starten" in s["phases"]]
    assert body["count"] == len(seen) > 14
    back = get(body["previous"]).json()
    assert [s["id"] for s in back["services"]] == seen[-7 - len(body["services"]) :][:7]
    assert get(first).json()["previous"] is None


def test_the_order_can_be_turned_round(ids, every):
    assert ids(sort="-name") == ids()[::-1]
    assert ids(sort="-name", pageSize=1) == [every[-1]["id"]]


@pytest.mark.parametrize("path", [SERVICES, PROVIDERS])
def test_a_page_that_does_not_exist_is_not_found(get, path):
    assert "is 1 pagina" in problem(get(path, params={"page": 2}), 404)["detail"]
    count = get(path).json()["count"]
    told = problem(get(path, params={"page": count + 1, "pageSize": 1}), 404)["detail"]
    assert f"er zijn {count} pagina's" in told


def test_the_first_page_exists_when_nothing_is_found(get):
    assert get(SERVICES, params={"q": "zeppelinvaart"}).status_code == 200
    assert get(SERVICES, params={"q": "zeppelinvaart", "page": 2}).status_code == 404


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        ("kleur=rood", "unknown", "bestaat hier niet. Kies uit: phase, need, provider"),
        ("phase=later", "enum", "Kies uit: orientatie, idee_en_plan"),
        ("phase=", "enum", "een waarde die ik niet ken"),
        ("gemeente=Nergenshuizen", "enum", "een waarde die ik niet ken."),
        ("status=weg", "enum", "actueel, onbekend, gestopt"),
        ("sort=datum", "enum", "name, -name"),
        ("page=0", "range", "van 1 tot en met"),
        ("page=een", "range", "heel getal"),
        ("page=%C2%B2", "range", "heel getal"),
        ("page=" + "9" * 5000, "range", "heel getal"),
        ("pageSize=501", "range", "van 1 tot en met 500"),
        ("page_size=-1", "range", "van 1 tot en met 500"),
        ("q=", "pattern", "een letter of cijfer"),
        ("q=%00", "pattern", "een letter of cijfer"),
        ("q=%ff", "pattern", "een letter of cijfer"),
        ("q=" + "a" * 101, "maxLength", "hoogstens 100 tekens"),
        ("provider=K%00", "pattern", "het id van een aanbieder"),
        ("phase=starten&phase=afstoten", "repeated", "maar één keer"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_is_wrong(get, query, code, says):
    body = problem(get(f"{SERVICES}?{query}"), 400)

    (error,) = body["errors"]
    assert error["in"] == "query"
    assert error["location"] == query.split("=")[0]
    assert error["code"] == code
    assert says in error["detail"]
    assert body["detail"] == error["detail"]


def test_everything_that_is_wrong_is_told_at_once(get):
    body = problem(get(f"{PROVIDERS}?kind=bakker&page=0&kleur=rood&q=ok"), 400)

    assert [error["location"] for error in body["errors"]] == ["kind", "page", "kleur"]
    assert all(error["detail"] in body["detail"] for error in body["errors"])


def test_a_provider_that_does_not_exist_has_no_services(ids):
    assert ids(provider="bakker-van-de-hoek") == []


def test_one_service_is_the_same_as_in_the_list(get, every):
    for service in every[::10]:
        assert get(f"{SERVICES}/{service['id']}").json() == service


def test_providers_come_by_name_kind_and_words(get, ids):
    body = get(PROVIDERS).json()
    names = [provider["name"] for provider in body["providers"]]

    assert names == sorted(names)
    assert body["count"] == len(names)
    assert "uwv" in ids(PROVIDERS, kind="uwv")
    assert {p["kind"] for p in get(PROVIDERS, params={"kind": "uwv"}).json()["providers"]} == {
        "uwv"
    }
    assert "kvk" in ids(PROVIDERS, q="koophandel")
    assert ids(PROVIDERS, sort="-name", pageSize=1) == [body["providers"][-1]["id"]]


def test_one_provider_is_the_same_as_in_the_list_and_in_its_services(get, every):
    for provider in get(PROVIDERS).json()["providers"][::5]:
        assert get(f"{PROVIDERS}/{provider['id']}").json() == provider
    contact = every[0]["provider"]
    assert contact.items() <= get(f"{PROVIDERS}/{contact['id']}").json().items()


@pytest.mark.parametrize(
    "path",
    [
        f"{SERVICES}/nergens",
        f"{PROVIDERS}/nergens",
        f"{SERVICES}/",
        f"{SERVICES}/kvk-inschrijven/",
        f"{BASE}/openapi.json/",
        f"{SERVICES}/KVK-Inschrijven",
        f"{SERVICES}/%00",
        f"{SERVICES}/%ff",
        f"{SERVICES}/..%2f..%2fetc",
        f"{SERVICES}/" + "a" * 200,
        f"{BASE}/catalogue/answers/btw",
        f"{BASE}/catalogue",
    ],
)
def test_what_does_not_exist_is_not_found_and_never_a_redirect(get, path):
    problem(get(path, allow_redirects=False), 404)


def test_one_item_takes_no_parameters(get):
    body = problem(get(f"{SERVICES}/kvk-inschrijven?page=1"), 400)

    assert body["detail"] == "'page' bestaat hier niet."


@pytest.mark.parametrize("path", OPEN[1:])
def test_what_is_known_already_is_not_sent_again(get, path):
    tag = get(path).headers["ETag"]

    assert re.fullmatch('"[0-9a-f]{32}"', tag)
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == "public, max-age=300"
        assert again.headers["API-Version"]
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    for other in ('"other"', tag.strip('"'), "", 'W/"', "\xff"):
        assert get(path, headers={"If-None-Match": other.encode("latin-1")}).status_code == 200


def test_a_known_tag_hides_no_mistake(get):
    tag = {"If-None-Match": get(SERVICES).headers["ETag"]}

    for path, status in [(WRONG[0], 404), (WRONG[1], 400), (WRONG[2], 404)]:
        problem(get(path, headers=tag), status)


def test_the_tag_changes_with_the_content(database, tmp_path, serve):
    with serve(database, tmp_path) as url:
        tags = []
        for fingerprint in ("", "one", "two"):
            with database.session() as session:
                session.query(CatalogueVersion).delete()
                if fingerprint:
                    session.add(CatalogueVersion(fingerprint=fingerprint))
            tags.append(requests.get(f"{url}{SERVICES}", timeout=10).headers["ETag"])

    assert len(set(tags)) == 3


@pytest.mark.parametrize("path", [*OPEN, *WRONG])
def test_head_gives_the_headers_of_get_without_a_body(get, path):
    whole, head = get(path), get(path, "HEAD")

    assert head.status_code == whole.status_code
    assert head.content == b""
    assert {**head.headers, "Date": ""} == {**whole.headers, "Date": ""}


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_another_method_is_refused_with_the_ones_that_work(get, path, method):
    response = get(path, method)

    assert problem(response, 405)["title"] == "Methode niet toegestaan"
    assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", OPEN)
def test_a_script_on_any_website_may_read_it_and_ask_whether_it_changed(get, path):
    asks = {
        "Origin": "https://gemeente.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-none-match",
    }
    answer = get(path, "OPTIONS", headers=asks)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert get(path).headers["Access-Control-Expose-Headers"] == "API-Version, ETag"


@pytest.mark.parametrize("path", [*OPEN, *WRONG, f"{BASE}/nergens", f"{BASE}/conversations"])
def test_every_response_has_the_version_and_the_security_headers(get, path):
    headers = get(path).headers

    assert headers["API-Version"] == openapi()["info"]["version"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Server"] == "Startwijzer"
    assert "Strict-Transport-Security" not in headers
    behind_tls = get(path, headers={"X-Forwarded-Proto": "https"}).headers
    assert behind_tls["Strict-Transport-Security"] == "max-age=31536000"


def test_only_the_catalogue_is_open_to_other_websites_and_kept(get):
    for path in [*OPEN, *WRONG]:
        assert get(path).headers["Access-Control-Allow-Origin"] == "*"
    for path in OPEN[1:]:
        assert get(path).headers["Cache-Control"] == "public, max-age=300"
    for path in [*WRONG, f"{BASE}/conversations/x/messages"]:
        assert get(path).headers["Cache-Control"] == "no-store"
    for path in ("/", "/health", f"{BASE}/conversations", f"{BASE}/conversations/x/messages"):
        assert "Access-Control-Allow-Origin" not in get(path).headers


def test_without_a_token_a_conversation_says_how_to_log_in(get):
    response = get(f"{BASE}/conversations/x/messages")

    problem(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_head_request_on_a_stream_comes_to_an_end(talking_url):
    started = requests.post(f"{talking_url}{BASE}/conversations", timeout=10).json()
    response = requests.head(
        f"{talking_url}{BASE}/conversations/{started['id']}/events",
        headers={"Authorization": f"Bearer {started['token']}"},
        timeout=5,
    )

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/event-stream")


def test_the_description_is_valid_and_holds_the_vocabulary(get):
    description = get(f"{BASE}/openapi.json").json()
    validate(description)
    schemas = description["components"]["schemas"]

    assert schemas["Phase"]["enum"] == list(taxonomy().phases)
    assert schemas["Need"]["enum"] == list(taxonomy().needs)
    assert schemas["TargetGroup"]["enum"] == list(taxonomy().target_groups)
    assert schemas["ProviderKind"]["enum"] == list(taxonomy().providers)
    assert set(schemas["Gemeente"]["enum"]) == gemeenten.names()
    assert "Starten van de onderneming" in schemas["Phase"]["description"]


def test_every_field_is_described_and_every_described_field_is_there(get, every):
    schemas = openapi()["components"]["schemas"]
    provider = get(PROVIDERS).json()["providers"][0]
    page = get(SERVICES).json()
    pairs = [
        (page, schemas["ServicePage"]),
        (get(PROVIDERS).json(), schemas["ProviderPage"]),
        (provider, schemas["Provider"]),
        (provider["sources"][0], schemas["Source"]),
        *((service, schemas["Service"]) for service in every),
        *((s["provider"], schemas["Service"]["properties"]["provider"]) for s in every),
        *(
            (f, schemas["Service"]["properties"]["figures"]["items"])
            for s in every
            for f in s["figures"]
        ),
        *((u, schemas["Service"]["properties"]["upl"]["items"]) for s in every for u in s["upl"]),
        (problem(get(f"{SERVICES}?a=b"), 400), schemas["BadQuery"]),
        (problem(get(f"{SERVICES}/nergens"), 404), schemas["Problem"]),
    ]

    for data, schema in pairs:
        assert set(data) == set(schema["properties"]) == set(schema["required"])


def operations():
    """The operations of the description, with their path."""
    for path, item in openapi()["paths"].items():
        for method in item.keys() - {"parameters"}:
            yield path, method, item[method]


def resolved(item):
    found = item
    while "$ref" in found:
        reference, found = found["$ref"], openapi()
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    return found


def test_the_description_follows_the_design_rules_that_a_machine_can_check():
    """The patterns are those of the NL API Design Rules 2.2 and their linter."""
    path_pattern = re.compile(
        r"(/|(/_[a-z0-9]+|/(([a-z0-9-]+|{[^}]+})(/([a-z0-9.-]+|{[^}]+}))*)(/_[a-z]+)?)/?)"
    )
    assert re.search(r"/v\d+$", openapi()["servers"][0]["url"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", openapi()["info"]["version"])
    assert openapi()["info"]["contact"]
    for path, method, operation in operations():
        assert not path.endswith("/")
        assert path == "/openapi.json" or path_pattern.fullmatch(path)
        assert method in {"get", "post", "put", "patch", "delete"}
        for parameter in map(resolved, operation.get("parameters", ())):
            if parameter["in"] == "query":
                assert re.fullmatch(r"\$?[a-z][a-z\d]*([A-Z][a-z\d]*)*", parameter["name"])
        responses = {status: resolved(r) for status, r in operation["responses"].items()}
        if operation.get("parameters") or method == "post":
            assert "400" in responses
        for status, response in responses.items():
            assert "API-Version" in response["headers"]
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]
                schema = resolved(response["content"]["application/problem+json"]["schema"])
                assert {"status", "title", "detail"} <= set(schema["required"])
