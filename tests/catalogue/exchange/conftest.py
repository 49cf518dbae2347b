"""Feeds to import, made from their parts, and a folder with drafts that must survive them."""

import json
import shutil
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from bot.catalogue.content import CATALOGUE
from bot.catalogue.exchange import importing
from bot.catalogue.load import load
from bot.catalogue.query import as_dict
from bot.catalogue.query import services as find_services
from bot.content import read_yaml
from bot.database import Database

TODAY = date(2026, 11, 22)
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
OPEN = (
    '<p:scproducten xmlns:p="http://standaarden.overheid.nl/product/terms/" '
    'xmlns:overheid="http://standaarden.overheid.nl/owms/terms/" '
    'xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
CLOSE = "</p:scproducten>"
# The order of IPM Samenwerkende Catalogi 4.0, par. 3.5.
KERN = [
    *("dcterms:identifier", "dcterms:title", "dcterms:language", "dcterms:type"),
    *("dcterms:modified", "dcterms:spatial", "overheid:authority"),
]
MANTEL = ["dcterms:audience", "dcterms:subject", "dcterms:abstract"]
SCMETA = ["p:productID", "p:onlineAanvragen", "p:aanvraagURL", "p:uniformeProductnaam"]


class Sc:
    """Makes feeds of Samenwerkende Catalogi 4.0."""

    def product(self, number=1, *, html="", version="4.0", raw=False, **changes):
        """A product; `changes` give other texts by local name, a list for several, None for none.

        With `raw`, the changed texts are XML already.
        """
        fields = {
            "identifier": f"https://www.aalsmeer.example/product/{number}",
            "title": f"Parkeervergunning {number}",
            "language": "nl",
            "type": "productbeschrijving",
            "modified": "2026-04-06",
            "spatial": "Aalsmeer",
            "authority": "Aalsmeer",
            "audience": "ondernemer",
            "subject": "parkeren",
            "abstract": f"Met deze vergunning parkeer je bij je werk ({number}).",
            "productID": str(number),
            "onlineAanvragen": "nee",
            "aanvraagURL": None,
            "uniformeProductnaam": None,
        }
        assert set(changes) <= set(fields), changes
        shown = {name: escape(text) for name, text in fields.items() if text is not None}
        for name, value in changes.items():
            texts = value if isinstance(value, list) else [value]
            shown[name] = [t if raw or t is None else escape(t) for t in texts]

        def group(name, names):
            return f"<p:{name}>{''.join(element(n) for n in names)}</p:{name}>"

        def element(name):
            local = name.partition(":")[2]
            value = shown.get(local)
            texts = value if isinstance(value, list) else [value]
            return "".join(self.element(name, text) for text in texts if text is not None)

        body = f"<p:productHTML>{html}</p:productHTML>" if html else ""
        return (
            f'<p:scproduct owms-version="{version}"><p:meta>{group("owmskern", KERN)}'
            f"{group('owmsmantel', MANTEL)}{group('scmeta', SCMETA)}</p:meta>"
            f"<p:body>{body}</p:body></p:scproduct>"
        )

    def element(self, name, text):
        """One element; UPL names and links to apply are given as address, or address|name."""
        if name in ("p:aanvraagURL", "p:uniformeProductnaam"):
            address, _, label = text.partition("|")
            return f'<{name} resourceIdentifier="{address}">{label}</{name}>'
        return f"<{name}>{text}</{name}>"

    def feed(self, *products, declaration=DECLARATION, root=OPEN, close=CLOSE):
        """A feed as bytes; without products it has one."""
        return "".join([declaration, root, *(products or [self.product()]), close]).encode()


@pytest.fixture
def sc():
    return Sc()


@pytest.fixture
def product_type():
    """Makes a product type of Open Product; None takes a field away."""

    def make(number=1, **changes):
        item = {
            "uuid": f"497f6eca-6276-4993-bfeb-53cbbbba{number:04}",
            "uniforme_product_naam": "parkeervergunning",
            "doelgroep": "bedrijven_en_instellingen",
            "themas": [],
            "locaties": [],
            "organisaties": [],
            "contacten": [],
            "prijzen": [],
            "links": [],
            "naam": f"Vergunning {number}",
            "samenvatting": "Kort gezegd wat dit is.",
            "taal": "nl",
            "gepubliceerd": True,
            "aanmaak_datum": "2019-08-24T14:15:22Z",
            "update_datum": "2026-08-24T14:15:22Z",
            "code": f"PT-{number}",
            "keywords": ["auto"],
        }
        return {name: v for name, v in {**item, **changes}.items() if v is not None}

    return make


@pytest.fixture
def page():
    """A page of the list of product types, as bytes."""

    def make(*items, **more):
        content = {"count": len(items), "next": None, "previous": None, "results": items, **more}
        return json.dumps(content).encode()

    return make


class Drafts:
    """A folder with drafts of others, and imports into it."""

    def __init__(self, var):
        self.folder = var / "drafts"
        self._file = var.parent / "feed"

    def fill(self):
        """Puts work of others in the folder."""
        (self.folder / "later").mkdir(parents=True)
        (self.folder / "later" / "idee.txt").write_text("een idee")
        (self.folder / "handwerk.yml").write_text("id: handwerk\nname: Zelf bedacht\n")
        (self.folder / "half.yml").write_text("name: [niet af\n")
        return self

    def path(self, data):
        self._file.write_bytes(data)
        return self._file

    def import_sc(self, data, gemeente="Aalsmeer"):
        return importing.import_sc(self.path(data), gemeente, self.folder, TODAY)

    def import_open_product(self, data, gemeente="Aalsmeer"):
        return importing.import_open_product(self.path(data), gemeente, self.folder, TODAY)

    def read(self):
        """The drafts by id."""
        return {path.stem: read_yaml(path) for path in sorted(self.folder.glob("aalsmeer-*.yml"))}

    def one(self):
        """The only draft."""
        (item,) = self.read().values()
        return item

    def everything(self):
        """Every file in and beside the folder, with its content."""
        var = self.folder.parent
        return {
            str(path.relative_to(var)): path.read_bytes() if path.is_file() else None
            for path in sorted(var.rglob("*"))
        }


@pytest.fixture
def drafts(tmp_path):
    """An empty place for drafts."""
    (tmp_path / "var").mkdir()
    return Drafts(tmp_path / "var")


@pytest.fixture(scope="session")
def our_database(tmp_path_factory):
    """A database with a copy of the real content, which others may be editing."""
    path = tmp_path_factory.mktemp("exchange")
    shutil.copytree(CATALOGUE, path / "catalogue")
    database = Database(f"sqlite:///{path / 'catalogue.sqlite3'}")
    database.upgrade()
    with database.session() as session:
        load(session, path / "catalogue")
    yield database
    database.close()


@pytest.fixture(scope="session")
def our_services(our_database):
    """All services, as the public API gives them."""
    with our_database.session() as session:
        return [as_dict(service) for service in find_services(session)]


@pytest.fixture
def catalogue_copy(tmp_path):
    """A copy of the content that a test may add to."""
    return Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
