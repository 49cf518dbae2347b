"""An Open Klant on loopback that holds every request against the OpenAPI file next to it.

Beyond the file it does what the source does and the file leaves out (maykinmedia/open-klant
@754d9cd): a `referentienummer` is a whole number and unique (models/klantcontacten.py), an
internetaak names actors in exactly one way (serializers/internetaken.py), phone numbers have the
spelling that the description of `adres` gives, and what is referred to exists.
"""

import re
import uuid
from datetime import datetime, timezone
from pathlib import Path

from aiohttp import web
from jsonschema import Draft202012Validator, FormatChecker

from bot.content import read_yaml

TOKEN = "een-token-van-open-klant"
ACTOR = "3f6c8a52-58f4-4a4c-8d0c-3a1c9f0b7d11"
API = read_yaml(Path(__file__).with_name("open_klant.yaml"))
PREFIX = API["servers"][0]["url"]
PHONE = re.compile(r"^(0[1-9][0-9]{8}|\+[0-9]{9,15}|00[0-9]{7,13})$")
READ_ONLY_LISTS = (
    *("gingOverOnderwerpobjecten", "hadBetrokkenActoren", "hadBetrokkenen"),
    *("leiddeTotInterneTaken", "omvatteBijlagen"),
)


def as_json_schema(node, request):
    """A schema of OpenAPI 3.0 as JSON Schema 2020-12.

    In a request, what is read-only may not be there and is not required; and a field that does not
    exist is a mistake (the real one ignores it silently).
    """
    if isinstance(node, list):
        return [as_json_schema(item, request) for item in node]
    if not isinstance(node, dict):
        return node
    found = {k: as_json_schema(v, request) for k, v in node.items() if k != "discriminator"}
    properties = node.get("properties")
    if request and isinstance(properties, dict) and "type" in node:
        hidden = {name for name, item in properties.items() if item.get("readOnly")}
        found["properties"] = {k: v for k, v in found["properties"].items() if k not in hidden}
        found["required"] = [name for name in node.get("required", ()) if name not in hidden]
        found.setdefault("additionalProperties", False)
    if found.pop("nullable", False):
        return {"anyOf": [found, {"type": "null"}]}
    return found


SCHEMAS = {
    request: as_json_schema(API["components"]["schemas"], request) for request in (True, False)
}


def errors(reference, body, request):
    schema = {"$ref": reference, "components": {"schemas": SCHEMAS[request]}}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [
        {"name": ".".join(map(str, e.path)), "code": e.validator, "reason": e.message}
        for e in validator.iter_errors(body)
    ]


class Problem(Exception):
    def __init__(self, status, params=()):
        self.status = status
        self.params = list(params)


class OpenKlantPeer:
    """Keeps what it gets. `statuses` are given to the next requests instead of doing them;
    `lose` names paths; the answer to the next POST there gets lost after the work was done."""

    def __init__(self):
        self.requests = []
        self.statuses = []
        self.lose = []
        self.before_answer = {}
        self.kept = {
            name: {}
            for name in ("klantcontacten", "betrokkenen", "digitaleadressen", "internetaken")
        }
        self.about = {}
        self.url = ""
        self._runner = None

    async def start(self, port=0):
        app = web.Application()
        app.router.add_route("*", PREFIX + "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, port = self._runner.addresses[0]
        self.url = f"http://{host}:{port}"
        return self

    async def stop(self):
        await self._runner.cleanup()

    def posted(self, path):
        return [
            body for method, where, _, body in self.requests if (method, where) == ("POST", path)
        ]

    def all(self, name):
        return list(self.kept[name].values())

    async def _handle(self, request):
        path = "/" + request.match_info["path"]
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.method, path, dict(request.query), body))
        try:
            status, answer = self._answer(request, path, body)
        except Problem as problem:
            answer = {"type": "x", "status": problem.status, "invalidParams": problem.params}
            return web.json_response(
                answer, status=problem.status, content_type="application/problem+json"
            )
        if request.method == "POST" and path in self.before_answer:
            self.before_answer.pop(path)()
        if request.method == "POST" and path in self.lose:
            self.lose.remove(path)
            request.transport.close()
        return web.json_response(answer, status=status) if answer else web.Response(status=status)

    def _answer(self, request, path, body):
        if request.headers.get("Authorization") != f"Token {TOKEN}":
            raise Problem(401)
        if self.statuses:
            raise Problem(self.statuses.pop(0))
        _, name, *rest = path.split("/")
        template = f"/{name}/{{uuid}}" if rest else f"/{name}"
        operation = API["paths"].get(template, {}).get(request.method.lower())
        if operation is None:
            raise Problem(405)
        known = {p["name"] for p in operation.get("parameters", ())}
        if set(request.query) - known:
            raise Problem(400, [{"name": n, "code": "unknown"} for n in set(request.query) - known])
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            found = errors(content["schema"]["$ref"], body, request=True)
            if found:
                raise Problem(400, found)
        if rest and rest[0] not in self.kept[name]:
            raise Problem(404)
        method = getattr(self, f"_{request.method.lower()}_{name.replace('-', '_')}")
        answer = method(request.query, body, *rest)
        status = next(iter(operation["responses"]))
        described = operation["responses"][status].get("content")
        if described:
            wrong = errors(described["application/json"]["schema"]["$ref"], answer, request=False)
            assert not wrong, wrong
        return int(status), answer

    def _keep(self, name, fields):
        id_ = str(uuid.uuid4())
        found = {"uuid": id_, "url": f"{self.url}{PREFIX}/{name}/{id_}", **fields}
        self.kept[name][id_] = found
        return found

    def _key(self, name, id_):
        return {"uuid": id_, "url": f"{self.url}{PREFIX}/{name}/{id_}"}

    def _page(self, found):
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def _exists(self, name, given, field):
        if given and given["uuid"] not in self.kept[name]:
            raise Problem(400, [{"name": field, "code": "does_not_exist"}])

    def _number(self, name, body):
        number = body.get("referentienummer")
        if number is None:
            return
        if not re.fullmatch(r"-?\d+", number):
            raise Problem(400, [{"name": "referentienummer", "code": "invalid"}])
        if any(item.get("referentienummer") == number for item in self.all(name)):
            raise Problem(400, [{"name": "referentienummer", "code": "unique"}])

    def _post_maak_klantcontact(self, query, body):
        self._number("klantcontacten", body["klantcontact"])
        contact = self._keep(
            "klantcontacten",
            {**body["klantcontact"], **{name: [] for name in READ_ONLY_LISTS}},
        )
        key = self._key("klantcontacten", contact["uuid"])
        person = self._keep(
            "betrokkenen",
            {
                **body["betrokkene"],
                "hadKlantcontact": key,
                "digitaleAdressen": [],
                "volledigeNaam": "",
            },
        )
        contact["hadBetrokkenen"] = [self._key("betrokkenen", person["uuid"])]
        id_ = str(uuid.uuid4())
        subject = {
            **self._key("onderwerpobjecten", id_),
            **body["onderwerpobject"],
            "klantcontact": key,
        }
        self.about[contact["uuid"]] = subject["onderwerpobjectidentificator"]
        contact["gingOverOnderwerpobjecten"] = [self._key("onderwerpobjecten", id_)]
        return {"klantcontact": contact, "betrokkene": person, "onderwerpobject": subject}

    def _get_klantcontacten(self, query, body):
        prefix = "onderwerpobject__onderwerpobjectidentificator"
        wanted = {
            name[len(prefix) :][0].lower() + name[len(prefix) + 1 :]: value
            for name, value in query.items()
        }
        found = [
            contact
            for id_, contact in self.kept["klantcontacten"].items()
            if all(self.about[id_][name] == value for name, value in wanted.items())
        ]
        return self._page(found)

    def _patch_klantcontacten(self, query, body, id_):
        self.kept["klantcontacten"][id_] |= body
        return self.kept["klantcontacten"][id_]

    def _post_digitaleadressen(self, query, body):
        self._exists("betrokkenen", body["verstrektDoorBetrokkene"], "verstrektDoorBetrokkene")
        phone = body["soortDigitaalAdres"] == "telefoonnummer"
        if not (PHONE.match(body["adres"]) if phone else "@" in body["adres"]):
            raise Problem(400, [{"name": "adres", "code": "invalid"}])
        person = self._key("betrokkenen", body["verstrektDoorBetrokkene"]["uuid"])
        return self._keep(
            "digitaleadressen",
            {"isStandaardAdres": False, **body, "verstrektDoorBetrokkene": person},
        )

    def _get_digitaleadressen(self, query, body):
        return self._page(
            [
                address
                for address in self.all("digitaleadressen")
                if address["referentie"] == query["referentie"]
                and address["verstrektDoorBetrokkene"]["uuid"]
                == query["verstrektDoorBetrokkene__uuid"]
            ]
        )

    def _delete_digitaleadressen(self, query, body, id_):
        del self.kept["digitaleadressen"][id_]

    def _post_internetaken(self, query, body):
        self._number("internetaken", body)
        if ("toegewezenAanActor" in body) == ("toegewezenAanActoren" in body):
            raise Problem(400, [{"name": "toegewezenAanActoren", "code": "invalid"}])
        if any(actor["uuid"] != ACTOR for actor in body["toegewezenAanActoren"]):
            raise Problem(400, [{"name": "toegewezenAanActoren.uuid", "code": "does_not_exist"}])
        self._exists(
            "klantcontacten", body["aanleidinggevendKlantcontact"], "aanleidinggevendKlantcontact"
        )
        contact = body["aanleidinggevendKlantcontact"]["uuid"]
        actors = [self._key("actoren", actor["uuid"]) for actor in body["toegewezenAanActoren"]]
        return self._keep(
            "internetaken",
            {
                **body,
                "aanleidinggevendKlantcontact": self._key("klantcontacten", contact),
                "toegewezenAanActoren": actors,
                "toegewezenOp": datetime.now(timezone.utc).isoformat(),
            },
        )

    def _get_internetaken(self, query, body):
        wanted = query["aanleidinggevendKlantcontact__uuid"]
        tasks = self.all("internetaken")
        return self._page([t for t in tasks if t["aanleidinggevendKlantcontact"]["uuid"] == wanted])

    def _patch_internetaken(self, query, body, id_):
        self.kept["internetaken"][id_] |= body
        return self.kept["internetaken"][id_]
