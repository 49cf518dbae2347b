"""Settings from the environment, with safe defaults; the only module that reads `os.environ`."""

from __future__ import annotations

import ipaddress
import logging
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
SECRETS = ("SECRET_KEY", "RASA_TOKEN", "WEBHOOK_SECRET")
# Only needed by who hands over to a webhook; the worker says so where it is missing.
NOT_REQUIRED = ("WEBHOOK_SECRET",)
SHORTEST_SECRET = 32
# All or none of them (https://developers.facebook.com/documentation/business-messaging/whatsapp).
WHATSAPP = (
    "WHATSAPP_VERIFY_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_ACCESS_TOKEN",
    "WHATSAPP_PHONE_NUMBER_ID",
)
# In development; Meta gives out no such number.
NO_NUMBER = "0"
# The Graph API, in the version of 2026; Meta keeps a version for about two years.
WHATSAPP_API = "https://graph.facebook.com/v25.0"


# Each may stand in a file instead, named by NAME_FILE, as containers bring them.
IN_FILES = (
    "SECRET_KEY",
    "SECRET_KEY_OLD",
    "RASA_TOKEN",
    "DATABASE_URL",
    "DATABASE_PASSWORD",
    "REDIS_URL",
    "REDIS_PASSWORD",
    "SMTP_URL",
    "OPENKLANT_TOKEN",
    "WEBHOOK_SECRET",
    "OIDC_CLIENT_SECRET",
    "METRICS_TOKEN",
    "WHATSAPP_VERIFY_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_ACCESS_TOKEN",
)
# What GEMEENTE says of an installation for several gemeenten.
SEVERAL = "meerdere"
# What WORKERS says: the work behind the conversations is done by the web processes themselves, or
# by processes of its own (`startwijzer worker`).
IN_WEB, APART = "web", "apart"


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
    redis_url: str = field(repr=False)
    rasa_workers: int
    web_workers: int
    workers: str
    host_web: str
    port_web: int
    port_worker: int
    port_rasa: int
    port_actions: int
    retention_days_conversation: int
    retention_days_referral: int
    retention_days_result: int
    retention_days_audit: int
    retention_days_whatsapp: int
    retention_days_erasure: int
    console: bool
    console_idle_minutes: int
    console_session_hours: int
    oidc_issuer: str
    oidc_client_id: str
    oidc_roles_claim: str
    oidc_roles: Mapping[str, str]
    oidc_gemeenten_claim: str
    oidc_gemeenten: Mapping[str, str]
    oidc_client_secret: str = field(repr=False)
    public_url: str
    allowed_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    smtp_from: str
    smtp_ca_file: str
    openklant_url: str
    webhook_private_networks: tuple[str, ...]
    secret_key_old: tuple[str, ...] = field(repr=False)
    smtp_url: str = field(repr=False)
    openklant_token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    whatsapp_verify_token: str = field(repr=False)
    whatsapp_app_secret: str = field(repr=False)
    whatsapp_access_token: str = field(repr=False)
    whatsapp_phone_number_id: str
    whatsapp_api_url: str
    whatsapp_templates: tuple[str, ...]
    log_format: str
    metrics_token: str = field(repr=False)
    security_contact: tuple[str, ...]
    messages_per_day: int
    messages_per_day_and_address: int
    conversations_per_day_and_address: int
    root: Path = ROOT

    @property
    def production(self) -> bool:
        """Whether people use this installation; then nothing is made up for convenience."""
        return self.environment == "production"

    @property
    def whatsapp(self) -> bool:
        """Whether this installation talks over WhatsApp; then all that it needs is set."""
        return bool(self.whatsapp_app_secret)

    @property
    def works_apart(self) -> bool:
        """Whether `startwijzer worker` does the work behind the conversations."""
        return self.workers == APART

    def port_of_web(self, number: int) -> int:
        """The port that only this one of several web processes listens on; they count from 1."""
        return self.port_web + number

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
        env = with_files(os.environ if environ is None else environ)
        environment = env.get("ENVIRONMENT") or "development"
        if environment not in ("development", "production"):
            raise SettingsError(
                f"ENVIRONMENT is '{environment}', maar moet 'development' of 'production' zijn."
            )
        var = Path(env.get("VAR_DIR") or ROOT / "var").resolve()
        keys = _secrets(env, environment, var)
        whatsapp = _whatsapp(env, environment, var)
        return cls(
            environment=environment,
            var=var,
            database_url=_with_password(env, "DATABASE")
            or f"sqlite:///{var / 'startwijzer.sqlite3'}",
            redis_url=_redis_url(env),
            rasa_workers=_rasa_workers(env),
            web_workers=_number(env, "WEB_WORKERS", 1),
            workers=_workers(env),
            secret_key=keys["SECRET_KEY"],
            rasa_token=keys["RASA_TOKEN"],
            gemeente=_gemeente(env),
            host_web=env.get("HOST_WEB") or "127.0.0.1",
            port_web=_number(env, "PORT_WEB", 8080),
            port_worker=_number(env, "PORT_WORKER", 8090),
            port_rasa=_number(env, "PORT_RASA", 5005),
            port_actions=_number(env, "PORT_ACTIONS", 5055),
            retention_days_conversation=_number(env, "RETENTION_DAYS_CONVERSATION", 30),
            retention_days_referral=_number(env, "RETENTION_DAYS_REFERRAL", 180),
            retention_days_result=_number(env, "RETENTION_DAYS_RESULT", 30),
            # A choice: a look of last year can still be proven. The terms of a session are those
            # of NIST 800-63B, revision 3, 4.2.3.
            retention_days_audit=_number(env, "RETENTION_DAYS_AUDIT", 730),
            # Who someone is never stays longer than their conversation; it may be shorter.
            retention_days_whatsapp=_number(env, "RETENTION_DAYS_WHATSAPP", 30),
            # Longer than any backup: what was erased is erased again after one is put back.
            retention_days_erasure=_number(env, "RETENTION_DAYS_ERASURE", 365),
            console=_on_or_off(env, "CONSOLE"),
            console_idle_minutes=_number(env, "CONSOLE_IDLE_MINUTES", 30),
            console_session_hours=_number(env, "CONSOLE_SESSION_HOURS", 12),
            oidc_issuer=_address(env, "OIDC_ISSUER", ("http", "https")),
            oidc_client_id=env.get("OIDC_CLIENT_ID", ""),
            oidc_client_secret=env.get("OIDC_CLIENT_SECRET", ""),
            oidc_roles_claim=env.get("OIDC_ROLES_CLAIM") or "roles",
            oidc_roles=_pairs(env, "OIDC_ROLES"),
            oidc_gemeenten_claim=_gemeenten_claim(env),
            oidc_gemeenten=_pairs(env, "OIDC_GEMEENTEN"),
            public_url=_public_url(env),
            allowed_origins=_origins(env, "ALLOWED_ORIGINS"),
            trusted_proxies=_networks(env, "TRUSTED_PROXIES"),
            smtp_from=env.get("SMTP_FROM") or _sender(_public_url(env)),
            smtp_ca_file=env.get("SMTP_CA_FILE", ""),
            openklant_url=_address(env, "OPENKLANT_URL", ("http", "https")).rstrip("/"),
            webhook_private_networks=_networks(env, "WEBHOOK_PRIVATE_NETWORKS"),
            secret_key_old=_list(env, "SECRET_KEY_OLD"),
            smtp_url=_address(env, "SMTP_URL", ("smtp", "smtps")),
            openklant_token=env.get("OPENKLANT_TOKEN", ""),
            webhook_secret=keys["WEBHOOK_SECRET"],
            whatsapp_api_url=_address(env, "WHATSAPP_API_URL", ("http", "https")).rstrip("/")
            or WHATSAPP_API,
            whatsapp_templates=_list(env, "WHATSAPP_TEMPLATES"),
            log_format=log_format(env),
            metrics_token=_metrics_token(env),
            security_contact=_contacts(env, "SECURITY_CONTACT"),
            # Choices: a long day with every scan is some 150 messages, and a library or a school
            # is many people at one address.
            messages_per_day=_number(env, "MESSAGES_PER_DAY", 500),
            messages_per_day_and_address=_number(env, "MESSAGES_PER_DAY_AND_ADDRESS", 10_000),
            conversations_per_day_and_address=_number(
                env, "CONVERSATIONS_PER_DAY_AND_ADDRESS", 1_000
            ),
            whatsapp_verify_token=whatsapp["WHATSAPP_VERIFY_TOKEN"],
            whatsapp_app_secret=whatsapp["WHATSAPP_APP_SECRET"],
            whatsapp_access_token=whatsapp["WHATSAPP_ACCESS_TOKEN"],
            whatsapp_phone_number_id=whatsapp["WHATSAPP_PHONE_NUMBER_ID"],
        )


def with_files(env: Mapping[str, str]) -> dict[str, str]:
    """The environment with every `NAME_FILE` of a secret replaced by NAME, as the file says it.

    Space and line ends around it do not count.

    Raises:
        SettingsError: both are set, or the file cannot be read or is empty.
    """
    found = dict(env)
    for name in IN_FILES:
        path = found.pop(f"{name}_FILE", "")
        if not path:
            continue
        if found.get(name):
            raise SettingsError(f"{name} en {name}_FILE staan er allebei. Kies een van de twee.")
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "geen tekst"
            raise SettingsError(
                f"{name}_FILE wijst naar {path}, maar dat bestand kan ik niet lezen: {why}."
            ) from error
        if not found[name]:
            raise SettingsError(f"{name}_FILE wijst naar {path}, maar dat bestand is leeg.")
    return found


def redis_url(environ: Mapping[str, str] | None = None) -> str:
    """REDIS_URL, for a process that needs no other settings; empty where there is no Redis.

    Raises:
        SettingsError: it is not an address of a Redis.
    """
    return _redis_url(with_files(os.environ if environ is None else environ))


def _redis_url(env: Mapping[str, str]) -> str:
    url = _with_password(env, "REDIS")
    return _address({"REDIS_URL": url}, "REDIS_URL", ("redis", "rediss"))


def _with_password(env: Mapping[str, str], name: str) -> str:
    """The address NAME_URL, with NAME_PASSWORD in it where that is set apart."""
    url, password = env.get(f"{name}_URL") or "", env.get(f"{name}_PASSWORD") or ""
    if not password:
        return url
    scheme, separator, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    user, _at, host = place.rpartition("@")
    if not (separator and host) or ":" in user:
        raise SettingsError(
            f"{name}_PASSWORD staat er, maar {name}_URL noemt geen server, of al een wachtwoord."
        )
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}{slash}{path}"


def _rasa_workers(env: Mapping[str, str]) -> int:
    """How many processes understand and answer; more than one needs a lock that they share."""
    number = _number(env, "RASA_WORKERS", 1)
    if number > 1 and not _redis_url(env):
        raise SettingsError(
            f"RASA_WORKERS is {number}, maar REDIS_URL ontbreekt. Zonder Redis raken bij meer dan "
            "een Rasa-proces berichten kwijt. Zet REDIS_URL, of laat RASA_WORKERS op 1."
        )
    return number


def _workers(env: Mapping[str, str]) -> str:
    value = env.get("WORKERS") or IN_WEB
    if value not in (IN_WEB, APART):
        raise SettingsError(f"WORKERS is '{value}', maar moet '{IN_WEB}' of '{APART}' zijn.")
    return value


def _gemeenten_claim(env: Mapping[str, str]) -> str:
    """The claim that says whose data someone may see; an installation for several needs one."""
    claim = env.get("OIDC_GEMEENTEN_CLAIM", "")
    if env.get("OIDC_ISSUER") and not claim and _gemeente(env) is None:
        raise SettingsError(
            "OIDC_GEMEENTEN_CLAIM ontbreekt. Deze installatie is voor meer gemeenten: zonder die "
            "waarde zou elke medewerker de gesprekken van alle gemeenten zien."
        )
    return claim


def python_rasa(environ: Mapping[str, str] | None = None) -> str:
    """The Python with Rasa in it; this one, unless PYTHON_RASA names another.

    Rasa needs Python 3.10. All else may run on a newer one, as it does in the image.
    """
    env = os.environ if environ is None else environ
    return env.get("PYTHON_RASA") or sys.executable


def log_format(environ: Mapping[str, str] | None = None) -> str:
    """How log lines are written, `json` or `text`; for a process that needs no other settings.

    Raises:
        SettingsError: LOG_FORMAT is something else.
    """
    env = os.environ if environ is None else environ
    default = "json" if env.get("ENVIRONMENT") == "production" else "text"
    value = env.get("LOG_FORMAT") or default
    if value not in ("json", "text"):
        raise SettingsError(f"LOG_FORMAT is '{value}', maar moet 'json' of 'text' zijn.")
    return value


def rasa_token(environ: Mapping[str, str] | None = None) -> str:
    """RASA_TOKEN, for a process that needs no other settings.

    Raises:
        SettingsError: it is not set.
    """
    env = os.environ if environ is None else environ
    token = env.get("RASA_TOKEN") or ""
    if not token:
        raise SettingsError("RASA_TOKEN ontbreekt. Start Rasa en de acties met: startwijzer run")
    return token


def channel_token(environ: Mapping[str, str] | None = None) -> str:
    """What has to come with a message for Rasa; empty in development, to try the bot by hand.

    Raises:
        SettingsError: it is not set in production.
    """
    env = os.environ if environ is None else environ
    return rasa_token(env) if env.get("ENVIRONMENT") == "production" else ""


def _metrics_token(env: Mapping[str, str]) -> str:
    """What the measuring server shows at /metrics; empty where only this machine may read it."""
    token = env.get("METRICS_TOKEN") or ""
    if 0 < len(token) < SHORTEST_SECRET:
        raise SettingsError(f"METRICS_TOKEN is te kort: gebruik minstens {SHORTEST_SECRET} tekens.")
    return token


def _contacts(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Where a leak can be reported, the best first (RFC 9116, 2.5.3: a web address uses https)."""
    found = _list(env, name)
    for contact in found:
        if not contact.startswith(("mailto:", "https://", "tel:")) or not contact.isprintable():
            raise SettingsError(
                f"{name} noemt '{contact}', maar dat moet beginnen met mailto:, https:// of tel:."
            )
    return found


def _gemeente(env: Mapping[str, str]) -> str | None:
    """The gemeente of this installation; None where it serves several and the bot has to ask."""
    name = env.get("GEMEENTE") or "Voorbeeldstad"
    return None if name == SEVERAL else name


def _whatsapp(env: Mapping[str, str], environment: str, var: Path) -> dict[str, str]:
    """What WhatsApp needs, by name; in production all empty where it is not used.

    In development what is missing is made up, so that the webhook is always there to try.
    """
    found = {name: (env.get(name) or "").strip() for name in WHATSAPP}
    missing = [name for name, value in found.items() if not value]
    if environment == "development":
        for name in missing:
            is_secret = name != "WHATSAPP_PHONE_NUMBER_ID"
            found[name] = _development_secret(var, name) if is_secret else NO_NUMBER
    elif 0 < len(missing) < len(WHATSAPP):
        raise SettingsError(
            f"WhatsApp is half ingesteld: {', '.join(missing)} ontbreekt. Zet alle vier de waarden "
            f"({', '.join(WHATSAPP)}), of geen."
        )
    number = found["WHATSAPP_PHONE_NUMBER_ID"]
    if "+" in number or " " in number:
        raise SettingsError(
            "WHATSAPP_PHONE_NUMBER_ID is een telefoonnummer, maar moet het nummer-id van Meta zijn "
            "(Phone number ID)."
        )
    return found


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


def _pairs(env: Mapping[str, str], name: str) -> dict[str, str]:
    """What the other calls it and what we call it: `theirs=ours`, with commas between them."""
    found = {}
    for part in _list(env, name):
        theirs, sign, ours = part.partition("=")
        if not (theirs.strip() and sign and ours.strip()):
            raise SettingsError(f"{name} noemt '{part}', maar dat moet hun-naam=onze-naam zijn.")
        found[theirs.strip()] = ours.strip()
    return found


def _on_or_off(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name) or "on"
    if value not in ("on", "off"):
        raise SettingsError(f"{name} is '{value}', maar moet 'on' of 'off' zijn.")
    return value == "on"


def _origins(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Websites as a browser names them in the header Origin (RFC 6454): no path, no slash."""
    found = tuple(part.lower() for part in _list(env, name))
    for origin in found:
        parts = urlsplit(_address({name: origin}, name, ("http", "https")))
        if origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin or "*" in origin:
            raise SettingsError(
                f"{name} noemt '{origin}', maar dat is geen adres zoals https://www.assen.nl, "
                "zonder iets erachter."
            )
    return found


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
        found[name] = _development_secret(var, name)
    return found


def _development_secret(var: Path, name: str) -> str:
    path = var / "development-secrets" / name
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
