"""The description of the public API (openapi.yml), and requests read by it.

A query is checked against the parameters in the description, so the two cannot drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.catalogue import gemeenten
from bot.content import read_yaml
from bot.gateway.problems import Problem
from bot.taxonomy import taxonomy

BASE = "/api/v1"
LOCATION = f"{BASE}/openapi.json"
# The standard asks for camelCase; what was published before, or is written that way, still works.
SPELLINGS = {"target_group": "targetGroup", "page_size": "pageSize"}
MOST_NAMED = 60


@lru_cache
def openapi() -> dict[str, Any]:
    """The OpenAPI description, with the fixed lists of the vocabulary filled in."""
    data: dict[str, Any] = read_yaml(Path(__file__).with_name("openapi.yml"))
    words = taxonomy()
    lists: dict[str, Mapping[str, str]] = {
        "Phase": words.phases,
        "Need": {name: need.label for name, need in words.needs.items()},
        "TargetGroup": words.target_groups,
        "ProviderKind": words.providers,
        "Gemeente": {name: "" for name in sorted(gemeenten.names())},
    }
    for name, values in lists.items():
        schema = data["components"]["schemas"][name]
        schema["enum"] = list(values)
        meanings = [f"`{value}`: {label}" for value, label in values.items() if label]
        schema["description"] += "".join(f"\n- {meaning}" for meaning in meanings)
    return data


def version() -> str:
    """The full version of the API; its first number is in the address."""
    return str(openapi()["info"]["version"])


def routes() -> list[web.AbstractRouteDef]:
    """Where the description is found."""

    async def describe(request: web.Request) -> web.Response:
        return web.json_response(openapi())

    return [web.get(LOCATION, describe), web.options(LOCATION, preflight)]


def is_open(path: str) -> bool:
    """Whether any website may read this address: the description, and the catalogue."""
    return path == LOCATION or path.startswith(f"{BASE}/catalogue/")


async def preflight(request: web.Request) -> web.Response:
    """The answer to a browser that asks whether another website may read this (CORS)."""
    return web.Response(
        status=204,
        headers={
            "Allow": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "If-None-Match",
            "Access-Control-Max-Age": "86400",
        },
    )


def read_query(request: web.Request, path: str) -> dict[str, Any]:
    """The query of a GET request: every parameter of this path that was given or has a default.

    Args:
        path: as in the description.

    Raises:
        Problem: 400, with everything that is wrong.
    """
    known = _parameters(path)
    found: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    for key in dict.fromkeys(request.query):
        name = SPELLINGS.get(key, key)
        given = request.query.getall(key)
        if name not in known:
            names = f" Kies uit: {', '.join(known)}" if known else ""
            wrong: tuple[str, str] | None = ("unknown", f"bestaat hier niet.{names}")
        elif len(given) > 1:
            wrong = ("repeated", "mag maar één keer voorkomen")
        else:
            wrong = _wrong(given[0], known[name])
        if wrong:
            code, detail = wrong
            errors.append(
                {
                    "in": "query",
                    "location": key,
                    "code": code,
                    "detail": f"'{key}' {detail.rstrip('.')}.",
                }
            )
        elif key == name or name not in found:
            found[name] = int(given[0]) if known[name].get("type") == "integer" else given[0]
    if errors:
        raise Problem(400, " ".join(error["detail"] for error in errors), errors)
    return {name: s["default"] for name, s in known.items() if "default" in s} | found


@lru_cache
def _parameters(path: str) -> dict[str, dict[str, Any]]:
    """The schema of each parameter in the query, by name."""
    described = map(_resolved, openapi()["paths"][path]["get"].get("parameters", ()))
    return {p["name"]: _resolved(p["schema"]) for p in described if p["in"] == "query"}


def _resolved(item: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in item:
        return item
    found: Any = openapi()
    for part in item["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _wrong(value: str, schema: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a value: a code for machines and a text for people."""
    if "enum" in schema:
        return None if value in schema["enum"] else ("enum", _choose_from(schema["enum"]))
    if schema["type"] == "integer":
        least, most = schema["minimum"], schema["maximum"]
        if re.fullmatch(r"[0-9]{1,9}", value) and least <= int(value) <= most:
            return None
        return "range", f"moet een heel getal zijn van {least} tot en met {most}"
    if len(value) > schema["maxLength"]:
        return "maxLength", f"mag hoogstens {schema['maxLength']} tekens lang zijn"
    if not re.search(schema["pattern"], value):
        return "pattern", f"moet {schema['x-pattern-says']}"
    return None


def _choose_from(values: Iterable[str]) -> str:
    named = list(values)
    if len(named) > MOST_NAMED:
        return "heeft een waarde die ik niet ken"
    return f"heeft een waarde die ik niet ken. Kies uit: {', '.join(named)}"
