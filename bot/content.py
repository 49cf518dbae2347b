"""Reading content (YAML) with errors that name file, item and field, in Dutch for editors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.settings import ROOT

DATA = ROOT / "data"


@dataclass(frozen=True)
class Problem:
    """One mistake in the content: where it stands and what is wrong, in Dutch."""

    file: str
    item: str
    field: str
    message: str

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.item, self.field) if part)
        return f"{where}: {self.message}"


class ContentError(Exception):
    """Content that cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_yaml(path: Path) -> Any:
    """The data in a YAML file (safe types only; dates become ISO strings).

    Raises:
        ContentError: the file cannot be read, is not YAML, or has the same key twice.
    """
    try:
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = f"regel {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ContentError(
            [Problem(name_of(path), "", line, f"dit is geen geldige YAML ({error.problem})")]
        ) from error
    except (YAMLError, OSError, ValueError) as error:
        raise ContentError(
            [Problem(name_of(path), "", "", f"dit bestand is niet te lezen ({error})")]
        ) from error
    return _plain(data)


def validate(data: Any, schema: str, file: str, item: str = "") -> list[Problem]:
    """The problems of `data` against `data/schemas/<schema>.json`, in the order of the fields."""
    errors = sorted(_validator(schema).iter_errors(data), key=lambda e: [str(p) for p in e.path])
    return [Problem(file, item, _field(error), _message(error)) for error in errors]


def name_of(path: Path) -> str:
    """The path as an editor knows it: from the root of the project where it lies in there."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value) for value in data]
    return data.isoformat() if isinstance(data, date) else data


@lru_cache
def _validator(schema: str) -> Draft202012Validator:
    data = json.loads((DATA / "schemas" / f"{schema}.json").read_text())
    return Draft202012Validator(data, format_checker=FormatChecker())


def _field(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.path)


def _message(error: ValidationError) -> str:
    """The library's English message in Dutch, for the mistakes that editors make."""
    value: Any = error.instance
    limit: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "required":
            missing = [name for name in limit if name not in value]
            return f"verplicht veld ontbreekt: {', '.join(missing)}"
        case "additionalProperties":
            known = schema.get("properties", {})
            return f"onbekend veld: {', '.join(name for name in value if name not in known)}"
        case "enum":
            return f"'{value}' kan niet; kies uit: {', '.join(map(str, limit))}"
        case "type":
            return f"'{value}' is van de verkeerde soort (verwacht: {limit})"
        case "maxLength":
            return f"te lang: {len(value)} tekens, hoogstens {limit}"
        case "minItems" | "minLength" | "minProperties":
            return "mag niet leeg zijn"
        case "maxItems":
            return f"te veel: {len(value)}, hoogstens {limit}"
        case "minimum" | "maximum":
            side = "minstens" if error.validator == "minimum" else "hoogstens"
            return f"{value} kan niet; {side} {limit}"
        case "format":
            return f"'{value}' heeft niet de goede vorm (jjjj-mm-dd), of bestaat niet"
        case "pattern":
            return f"'{value}' heeft niet de goede vorm"
    return error.message
