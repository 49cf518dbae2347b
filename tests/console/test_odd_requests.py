"""Addresses and forms that no page of ours makes: refused or ignored, never a mistake of ours."""

from urllib.parse import quote

import pytest
from reading_pages import heading

# What a parameter can hold that the code behind it does not expect.
ODD = [
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "0001-01-01T00:00:00+14:00~x",
    "9999-12-31T23:59:59-14:00~x",
    "nan~x",
    "-1",
    "²",
    "１",
    "9" * 30,
    "a" * 300,
    "%",
    "\u202e[]'",
]
# Every parameter by the page that reads it.
PARAMETERS = {
    "/gesprekken": "na voor volgorde zoek van tot gemeente label beoordelaar lengte-van zeker-tot",
    "/gesprekken/verloop": "van tot zoek",
    "/cijfers": "van tot gemeente",
    "/zelfscan": "van tot gemeente",
    "/catalogus": "gemeente",
    "/catalogus/diensten": "gemeente fase aanbieder behoefte",
    "/logboek": "wie wat van tot pagina",
    "/aanvragen": "stand loket gemeente pagina",
}
ROLES = ("lezer", "adviseur", "redacteur", "privacy", "beheerder")


@pytest.mark.parametrize("path", PARAMETERS)
def test_no_parameter_of_an_address_breaks_a_page(login, path):
    client = login(*ROLES)
    wrong = []
    for value in ODD:
        for name in PARAMETERS[path].split():
            status = client.get(f"{path}?{name}={quote(value)}").status_code
            if status not in (200, 404):
                wrong.append((name, value, status))
    assert wrong == []


MULTIPART = "multipart/form-data; boundary=a"
FIELD = b"--a\r\nContent-Disposition: form-data; name=csrf\r\n"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        (f"multipart/form-data; boundary={'a' * 100}", b"x"),
        (MULTIPART, b"--a\r\n\r\nx"),
        (MULTIPART, b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n"),
        (MULTIPART, b"--a\r\nno header\r\n\r\nx\r\n--a--\r\n"),
        (MULTIPART, FIELD + b"Content-Type: text/plain; charset=foo\r\n\r\nx\r\n--a--\r\n"),
        (MULTIPART, FIELD + b"\r\n\xff\r\n--a--\r\n"),
        ("application/x-www-form-urlencoded; charset=foo", b"a=b"),
        ("application/x-www-form-urlencoded", b"a=\xff"),
    ],
    ids=range(9),
)
def test_a_form_that_no_browser_sends_is_refused(console, content_type, body):
    answer = console.client().post(
        "/aanmelden", content=body, headers={"Content-Type": content_type}
    )

    assert answer.status_code == 400
    assert heading(answer) == "Dit verzoek klopt niet"
