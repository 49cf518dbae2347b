"""The data map: every stored field with its purpose, ground, readers and term (AVG art. 5 and 30).

`data/privacy/gegevens.yml` says it for people, grouped where fields are alike. What is a fact of
the code is not typed in there: a term names the setting or the constant that decides, a reader the
right that opens the page, and a test compares the columns with the database itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from bot.content import DATA, ContentError, Problem, name_of, read_yaml, validate
from bot.settings import Settings

DATA_MAP = DATA / "privacy" / "gegevens.yml"
SCHEMA = "data_map"
Kind = Literal["geen", "gewoon", "gevoelig", "bijzonder"]
# In what the bot says: the length of a term of the map.
PLACEHOLDER = re.compile(r"\{termijn_([a-z_]+)\}")
# The unit of a setting stands in its name: one and more of it, in Dutch.
UNITS = {
    "DAYS": ("dag", "dagen"),
    "HOURS": ("uur", "uur"),
    "MINUTES": ("minuut", "minuten"),
    "SECONDS": ("seconde", "seconden"),
}


@dataclass(frozen=True)
class Ground:
    """Why it may be kept: the words of the law, and what the gemeente itself has to confirm."""

    label: str
    law: str
    why: str
    confirm: str = ""


@dataclass(frozen=True)
class Reader:
    """Who sees it: everyone whose role has `right` (see `bot.staff.roles`), or `who`."""

    who: str = ""
    right: str = ""
    note: str = ""


@dataclass(frozen=True)
class Term:
    """How long it stays, and how it ends.

    One of three decides: `setting` (an environment variable), `constant` (a timedelta, by its place
    in the code), or `until` (an event, in words). `begins` is where the counting begins.
    """

    ends: str
    begins: str = ""
    setting: str = ""
    constant: str = ""
    until: str = ""

    @property
    def decided_by(self) -> str:
        """The setting or constant that decides; empty where an event does."""
        return self.setting or self.constant

    def length(self, settings: Settings) -> str:
        """Such as "30 dagen"; for an event, what it is."""
        if self.setting:
            number = int(getattr(settings, self.setting.lower()))
            unit = next(words for name, words in UNITS.items() if name in self.setting)
            return _counted(number, unit)
        return in_words(_constant(self.constant)) if self.constant else self.until

    def in_words(self, settings: Settings) -> str:
        """The length with where it begins."""
        return " ".join(part for part in (self.length(settings), self.begins) if part)


@dataclass(frozen=True)
class Processing:
    """One processing activity, as the register of art. 30 AVG has it."""

    id: str
    name: str
    purpose: str
    people: Sequence[str]
    ground: str
    recipients: Sequence[str]
    transfer: str
    confirm: str = ""


@dataclass(frozen=True)
class Item:
    """Fields of one table that are alike, or one place outside the database.

    Attributes:
        names: the columns, or the one name of the place.
        databases: the kinds of database where a migration makes it; empty where the models do.
        redis_keys: the kinds of key that it has in Redis (see `bot.redis_client`).
    """

    names: Sequence[str]
    processing: str
    kind: Kind
    what: str
    why: str
    ground: str
    seen_by: Sequence[str]
    term: str
    databases: Sequence[str] = ()
    redis_keys: Sequence[str] = ()


@dataclass(frozen=True)
class Table:
    """One table and all of its fields."""

    name: str
    about: str
    items: Sequence[Item]


@dataclass(frozen=True)
class DataMap:
    """The whole map; grounds, readers, terms and processings by their id."""

    reviewed_on: str
    grounds: Mapping[str, Ground]
    readers: Mapping[str, Reader]
    terms: Mapping[str, Term]
    security: Sequence[str]
    processings: Mapping[str, Processing]
    tables: Sequence[Table]
    places: Sequence[Item]

    def items(self, processing: str | None = None) -> list[Item]:
        """Everything on the map, or of one processing; tables first."""
        every = [*(item for table in self.tables for item in table.items), *self.places]
        return [item for item in every if processing in (None, item.processing)]

    def columns(self, database: str | None = None) -> set[tuple[str, str]]:
        """(table, column) of everything in the models, and with `database` of its own besides."""
        return {
            (table.name, column)
            for table in self.tables
            for item in table.items
            if not item.databases or database in item.databases
            for column in item.names
        }


@lru_cache
def read_data_map(path: Path = DATA_MAP) -> DataMap:
    """The map in a file.

    Raises:
        ContentError: with every mistake in it.
    """
    data = read_yaml(path)
    file = name_of(path)
    problems = validate(data, SCHEMA, file) or list(_wrong(data, file))
    if problems:
        raise ContentError(problems)
    return DataMap(
        reviewed_on=data["reviewed_on"],
        grounds={name: Ground(**one) for name, one in data["grounds"].items()},
        readers={name: Reader(**one) for name, one in data["readers"].items()},
        terms={name: _term(one) for name, one in data["terms"].items()},
        security=data["security"],
        processings={name: Processing(name, **one) for name, one in data["processings"].items()},
        tables=[_table(name, one, data) for name, one in data["tables"].items()],
        places=[_place(one, data) for one in data["places"]],
    )


def differences(
    data_map: DataMap, stored: Mapping[str, Collection[str]], database: str | None = None
) -> list[str]:
    """What is kept and not on the map, and the other way round; in Dutch, for who must mend it.

    Args:
        stored: the columns by table, from the models or from a database.
        database: the kind of database that it is from, `sqlite` or `postgresql`.
    """
    found = {(table, column) for table, columns in stored.items() for column in columns}
    known = data_map.columns(database)
    return [
        *(f"{t}.{c} staat niet in het gegevensoverzicht" for t, c in sorted(found - known)),
        *(f"{t}.{c} bestaat niet (meer)" for t, c in sorted(known - found)),
    ]


def fill_terms(text: str, settings: Settings) -> str:
    """A text of the bot with `{termijn_gesprek}` and the like replaced by their length.

    A name that is no term stays as it is: an editor's mistake must not cost someone an answer.
    """

    def length(match: re.Match[str]) -> str:
        term = read_data_map().terms.get(match.group(1))
        return term.length(settings) if term else match.group()

    return PLACEHOLDER.sub(length, text)


def in_words(duration: timedelta) -> str:
    """A duration in Dutch, in the largest unit that fits: "1 uur", "24 uur", "8 dagen"."""
    seconds = int(duration.total_seconds())
    minutes = seconds // 60
    if seconds % 60:
        return _counted(seconds, UNITS["SECONDS"])
    if minutes % 60:
        return _counted(minutes, UNITS["MINUTES"])
    if minutes % (24 * 60) or minutes == 24 * 60:
        return _counted(minutes // 60, UNITS["HOURS"])
    return _counted(minutes // (24 * 60), UNITS["DAYS"])


def _counted(number: int, unit: tuple[str, str]) -> str:
    return f"{number} {unit[0] if number == 1 else unit[1]}"


def _constant(place: str) -> timedelta:
    """The value of a constant by its place, `bot.privacy.vault.TERM`.

    Raises:
        LookupError: there is no such duration.
    """
    module, _, name = place.rpartition(".")
    try:
        value = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise LookupError(place) from error
    if not isinstance(value, timedelta):
        raise LookupError(place)
    return value


def _term(data: Mapping[str, str]) -> Term:
    given = dict(data)
    return Term(begins=given.pop("from", ""), **given)


def _table(name: str, data: Mapping[str, Any], whole: Mapping[str, Any]) -> Table:
    ground = data.get("ground") or whole["processings"][data["processing"]]["ground"]
    items = [
        Item(
            names=field["columns"],
            processing=data["processing"],
            kind=field["kind"],
            what=field["what"],
            why=field["why"],
            ground=field.get("ground", ground),
            seen_by=field.get("seen_by", data["seen_by"]),
            term=field.get("term", data["term"]),
            databases=field.get("outside_models", data.get("outside_models", ())),
        )
        for field in data["fields"]
    ]
    return Table(name, data["about"], items)


def _place(data: Mapping[str, Any], whole: Mapping[str, Any]) -> Item:
    given = dict(data)
    given.setdefault("ground", whole["processings"][data["processing"]]["ground"])
    return Item(names=[given.pop("name")], **given)


def _wrong(data: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Names that lead nowhere, and columns that stand on the map twice."""
    settings = {field.name.upper() for field in fields(Settings)}
    for name, term in data["terms"].items():
        setting = term.get("setting")
        if setting and setting not in settings:
            yield Problem(file, f"terms.{name}", "setting", f"de instelling {setting} is er niet")
        elif setting and not any(unit in setting for unit in UNITS):
            yield Problem(file, f"terms.{name}", "setting", f"{setting} is geen termijn")
    for name, table in data["tables"].items():
        for part in (table, *table["fields"]):
            yield from _loose_ends(part, data, file, name)
        columns = [column for field in table["fields"] for column in field["columns"]]
        for twice in sorted({column for column in columns if columns.count(column) > 1}):
            yield Problem(file, name, twice, "deze kolom staat er twee keer")
    for group, parts in (("processings", data["processings"].items()), ("places", _named(data))):
        for name, part in parts:
            yield from _loose_ends(part, data, file, f"{group}: {name}")


def _named(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(place["name"], place) for place in data["places"]]


def _loose_ends(
    part: Mapping[str, Any], data: Mapping[str, Any], file: str, item: str
) -> Iterator[Problem]:
    for field, group in (("ground", "grounds"), ("term", "terms"), ("processing", "processings")):
        name = part.get(field)
        if name is not None and name not in data[group]:
            yield Problem(file, item, field, f"'{name}' staat niet bij {group}")
    for name in part.get("seen_by", ()):
        if name not in data["readers"]:
            yield Problem(file, item, "seen_by", f"'{name}' staat niet bij readers")
