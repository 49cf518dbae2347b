"""Settings from the environment, with safe defaults; the only module that reads `os.environ`."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
SECRETS = ("SECRET_KEY", "RASA_TOKEN")
SHORTEST_SECRET = 32


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
    gemeente: str
    host_web: str
    port_web: int
    port_rasa: int
    port_actions: int
    retention_days_conversation: int
    retention_days_referral: int
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
            gemeente=env.get("GEMEENTE") or "Voorbeeldstad",
            host_web=env.get("HOST_WEB") or "127.0.0.1",
            port_web=_number(env, "PORT_WEB", 8080),
            port_rasa=_number(env, "PORT_RASA", 5005),
            port_actions=_number(env, "PORT_ACTIONS", 5055),
            retention_days_conversation=_number(env, "RETENTION_DAYS_CONVERSATION", 30),
            retention_days_referral=_number(env, "RETENTION_DAYS_REFERRAL", 180),
        )


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
