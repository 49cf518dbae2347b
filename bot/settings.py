"""Settings from the environment, with safe defaults; the only module that reads `os.environ`."""

from __future__ import annotations

import ipaddress
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
SECRETS = ("SECRET_KEY", "RASA_TOKEN", "WEBHOOK_SECRET")
# Only needed by who hands over to a webhook; the worker says so where it is missing.
NOT_REQUIRED = ("WEBHOOK_SECRET",)
SHORTEST_SECRET = 32


# What GEMEENTE says of an installation for several gemeenten.
SEVERAL = "meerdere"


class SettingsError(Exception):
    """A setting is missing or wrong; the message (Dutch) says what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations.

    Terms are in days, ports are TCP ports on this machine, `var` is the only directory that is
    written at run time.
    """

    environment: str
    var: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    rasa_token: str = field(repr=False)
    gemeente: str | None
    host_web: str
    port_web: int
    port_rasa: int
    port_actions: int
    retention_days_conversation: int
    retention_days_referral: int
    retention_days_result: int
    public_url: str
    smtp_from: str
    smtp_ca_file: str
    openklant_url: str
    webhook_private_networks: tuple[str, ...]
    secret_key_old: tuple[str, ...] = field(repr=False)
    smtp_url: str = field(repr=False)
    openklant_token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    root: Path = ROOT

    @property
    def production(self) -> bool:
        """Whether people use this installation; then nothing is made up for convenience."""
        return self.environment == "production"

    @property
    def rasa_url(self) -> str:
        """Base address of Rasa, on loopback only."""
        return f"http://127.0.0.1:{self.port_rasa}"

    @property
    def actions_url(self) -> str:
        """Base address of the action server, on loopback only."""
        return f"http://127.0.0.1:{self.port_actions}"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Reads the settings.

        Raises:
            SettingsError: a number is not a number, or a secret is missing in production.
        """
        env = os.environ if environ is None else environ
        environment = env.get("ENVIRONMENT") or "development"
        if environment not in ("development", "production"):
            raise SettingsError(
                f"ENVIRONMENT is '{environment}', maar moet 'development' of 'production' zijn."
            )
        var = Path(env.get("VAR_DIR") or ROOT / "var").resolve()
        keys = _secrets(env, environment, var)
        return cls(
            environment=environment,
            var=var,
            database_url=env.get("DATABASE_URL") or f"sqlite:///{var / 'startwijzer.sqlite3'}",
            secret_key=keys["SECRET_KEY"],
            rasa_token=keys["RASA_TOKEN"],
            gemeente=_gemeente(env),
            host_web=env.get("HOST_WEB") or "127.0.0.1",
            port_web=_number(env, "PORT_WEB", 8080),
            port_rasa=_number(env, "PORT_RASA", 5005),
            port_actions=_number(env, "PORT_ACTIONS", 5055),
            retention_days_conversation=_number(env, "RETENTION_DAYS_CONVERSATION", 30),
            retention_days_referral=_number(env, "RETENTION_DAYS_REFERRAL", 180),
            retention_days_result=_number(env, "RETENTION_DAYS_RESULT", 30),
            public_url=_public_url(env),
            smtp_from=env.get("SMTP_FROM") or _sender(_public_url(env)),
            smtp_ca_file=env.get("SMTP_CA_FILE", ""),
            openklant_url=_address(env, "OPENKLANT_URL", ("http", "https")).rstrip("/"),
            webhook_private_networks=_networks(env, "WEBHOOK_PRIVATE_NETWORKS"),
            secret_key_old=_list(env, "SECRET_KEY_OLD"),
            smtp_url=_address(env, "SMTP_URL", ("smtp", "smtps")),
            openklant_token=env.get("OPENKLANT_TOKEN", ""),
            webhook_secret=keys["WEBHOOK_SECRET"],
        )


def _gemeente(env: Mapping[str, str]) -> str | None:
    """The gemeente of this installation; None where it serves several and the bot has to ask."""
    name = env.get("GEMEENTE") or "Voorbeeldstad"
    return None if name == SEVERAL else name


def _public_url(env: Mapping[str, str]) -> str:
    """The address by which people reach the web process, without a slash at the end."""
    url = _address(env, "PUBLIC_URL", ("http", "https"))
    return url.rstrip("/") or f"http://127.0.0.1:{_number(env, 'PORT_WEB', 8080)}"


def _sender(public_url: str) -> str:
    """Who e-mail comes from when nobody said so; a machine without a name has no address."""
    host = urlsplit(public_url).hostname or ""
    return f"startwijzer@{'localhost' if host[-1:].isdigit() or ':' in host else host}"


def _address(env: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    """An address of a server, empty when there is none. It may hold a password: never shown."""
    url = env.get(name) or ""
    try:
        parts = urlsplit(url)
        right = parts.scheme in schemes and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        right = False
    if url and not right:
        begin = " of ".join(f"{scheme}://" for scheme in schemes)
        raise SettingsError(f"{name} is geen adres dat begint met {begin} en een server noemt.")
    return url


def _list(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Values with commas between them."""
    return tuple(part.strip() for part in (env.get(name) or "").split(",") if part.strip())


def _networks(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = _list(env, name)
    for network in found:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise SettingsError(
                f"{name} noemt '{network}', maar dat is geen netwerk zoals 10.1.2.0/24."
            ) from error
    return found


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not (value.isascii() and value.isdigit()) or int(value) == 0:
        raise SettingsError(f"{name} is '{value}', maar moet een heel getal groter dan 0 zijn.")
    return int(value)


def _secrets(env: Mapping[str, str], environment: str, var: Path) -> dict[str, str]:
    """The secrets by name: from the environment, or in development from a file that is made once.

    The file makes sessions and encrypted details survive a restart on a developer's machine.
    """
    found = {name: env.get(name, "") for name in SECRETS}
    short = [n for n, value in found.items() if value and len(value) < SHORTEST_SECRET]
    if short and environment == "production":
        raise SettingsError(
            f"Dit geheim is te kort: {', '.join(short)}. Gebruik minstens {SHORTEST_SECRET} tekens."
        )
    missing = [name for name, value in found.items() if not value]
    if environment == "production":
        missing = [name for name in missing if name not in NOT_REQUIRED]
    if not missing:
        return found
    if environment == "production":
        raise SettingsError(
            f"In productie is dit geheim verplicht: {', '.join(missing)}. Zet een willekeurige "
            "waarde van minstens 32 tekens in de omgeving."
        )
    for name in missing:
        found[name] = _development_secret(var / "development-secrets" / name)
    return found


def _development_secret(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and not path.read_text():  # a start that was cut off half-way
            path.unlink()
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text()
    except OSError as error:
        raise SettingsError(
            f"Ik kan niet schrijven in {path.parent}: {error.strerror}. Geef jezelf schrijfrecht "
            "of kies een andere map met VAR_DIR."
        ) from error
    logger.warning("%s is not set: made a random one for development", path.name)
    secret = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    return secret
