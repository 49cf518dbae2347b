"""docker-compose.yml: read as Compose reads it, and held to our own rules for a container."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from plain_yaml import load_all

from bench.servers import RedisServer
from bot.settings import IN_FILES, ROOT, Settings

LARGE = {"setup", "unit", "worker", "proxy", "postgres", "redis", "prometheus"}
SECRETS = ROOT / "deploy" / "make-secrets.sh"


def load(path):
    return load_all((ROOT / path).read_text(encoding="utf-8"))[0]


COMPOSE = load("docker-compose.yml")
SERVICES = COMPOSE["services"]


def variable(value, env=()):
    """A value with its variables filled in, as Compose does."""

    def fill(found):
        return dict(env).get(found["name"]) or found["default"] or ""

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}", fill, str(value))


def environment(service, **given):
    found = SERVICES[service].get("environment", {})
    passed = {name: given.get(name, "") for name, value in found.items() if value is None}
    return passed | {n: variable(v, given) for n, v in found.items() if v is not None}


def test_small_is_one_container_and_large_is_all_the_others():
    assert {name for name, s in SERVICES.items() if s["profiles"] == ["klein"]} == {"startwijzer"}
    assert {name for name, s in SERVICES.items() if s["profiles"] == ["groot"]} == LARGE


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_few_rights_and_limits(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged") and not service.get("cap_add")
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["healthcheck"] != {}
    assert ("test" in service["healthcheck"]) is (name != "setup"), "setup ends by itself"


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_runs_as_root(name):
    service = SERVICES[name]
    ours = service.get("build") == "."
    user = service.get("user", "")
    if ours:
        image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
        user = re.findall(r"^USER (\S+)", image, re.M)[-1]
    assert user.split(":")[0] not in ("", "0", "root") or "unprivileged" in service["image"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_has_a_version(name):
    tag = SERVICES[name]["image"].rpartition(":")[2]

    assert re.match(r"v?\d+\.\d+(\.\d+)?(-\w+)?$", tag), tag


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_of_its_own_comes_from_a_file(name):
    service = SERVICES[name]
    mounted = {s if isinstance(s, str) else s["source"] for s in service.get("secrets", [])}
    assert mounted <= set(COMPOSE["secrets"])

    for setting, value in service.get("environment", {}).items():
        if setting.endswith("_FILE") and value:
            assert value.rpartition("/")[2] in mounted, setting
        elif setting in IN_FILES or "PASSWORD" in setting:
            # What a gemeente may add is passed on from its own environment; nothing stands here.
            assert value is None or setting in ("DATABASE_URL", "REDIS_URL"), setting
            assert "@" not in str(value) or ":" not in str(value).split("//")[1].split("@")[0]
    words = " ".join(map(str, service.get("command", [])))
    assert "requirepass" not in words or "cat /run/secrets/redis_password" in words


def test_only_the_proxy_is_reached_by_the_world():
    ports = {name: s["ports"] for name, s in SERVICES.items() if "ports" in s}

    assert ports.pop("startwijzer") == ["8080:8080"]
    assert ports.pop("proxy") == ["80:80", "443:443"]
    assert ports == {"prometheus": ["127.0.0.1:9090:9090"]}


@pytest.mark.parametrize("name", SERVICES)
def test_whatever_is_waited_for_can_be(name):
    waits = SERVICES[name].get("depends_on", {})

    for other, condition in waits.items():
        assert SERVICES[other]["profiles"] == SERVICES[name]["profiles"]
        if condition["condition"] == "service_healthy":
            assert "test" in SERVICES[other]["healthcheck"]
        else:
            assert condition["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no"


@pytest.fixture
def secrets(tmp_path):
    """What the script makes, in a copy of its own."""
    folder = tmp_path / "deploy"
    folder.mkdir()
    (folder / "make-secrets.sh").write_text(SECRETS.read_text())
    subprocess.run(["sh", folder / "make-secrets.sh"], check=True, capture_output=True)
    return folder / "secrets"


def test_the_script_makes_every_secret_once(secrets):
    wanted = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    made = {path.name: path.read_bytes() for path in secrets.iterdir()}

    assert set(made) == wanted
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert len({content for name, content in made.items() if "." not in name}) == 5
    subprocess.run(["sh", secrets.parent / "make-secrets.sh"], check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == made


def test_no_secret_gets_into_the_repository_or_the_image():
    for name in (".gitignore", ".dockerignore"):
        assert "deploy/secrets" in (ROOT / name).read_text().replace("secrets/", "secrets")


def with_secrets(env, secrets):
    """The files where they are here."""
    return {n: v.replace("/run/secrets", str(secrets)) for n, v in env.items() if v}


@pytest.mark.parametrize("name", ["startwijzer", "setup", "unit", "worker"])
def test_the_product_takes_these_settings(secrets, tmp_path, name):
    env = with_secrets(environment(name, PUBLIC_HOST="start.assen.nl"), secrets)
    settings = Settings.from_environment({**env, "VAR_DIR": str(tmp_path)})

    assert settings.production
    assert settings.host_web == "0.0.0.0"
    if name == "startwijzer":
        assert settings.database_url.startswith("sqlite:///")
        assert not settings.works_apart
        return
    password = (secrets / "postgres_password").read_text().strip()
    assert settings.database_url == (
        f"postgresql://startwijzer:{password}@postgres:5432/startwijzer"
    )
    assert (secrets / "redis_password").read_text().strip() in settings.redis_url
    assert settings.public_url == "https://start.assen.nl"
    assert settings.works_apart
    assert settings.trusted_proxies == ("172.31.240.0/24",)
    assert settings.metrics_token


def test_several_rasa_processes_in_a_unit_have_what_they_need(secrets, tmp_path):
    env = with_secrets(environment("unit", RASA_WORKERS="2", WEB_WORKERS="2"), secrets)

    assert Settings.from_environment({**env, "VAR_DIR": str(tmp_path)}).rasa_workers == 2


def test_redis_takes_its_command_and_its_password(secrets, tmp_path):
    """The command of the container, with its own Redis instead of that of the image."""
    *_, script = SERVICES["redis"]["command"]
    with RedisServer() as spare:
        port = spare.port
    script = script.replace("$$", "$").replace("/run/secrets", str(secrets))
    script = script.replace("{ echo", f"{{ echo 'port {port}'; echo 'bind 127.0.0.1'; echo", 1)
    server = subprocess.Popen(["sh", "-c", script], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        password = (secrets / "redis_password").read_text().strip()

        def ping(**given):
            command = ["redis-cli", "-p", str(port), "ping"]
            done = subprocess.run(
                command, env={"PATH": os.environ["PATH"], **given}, capture_output=True, text=True
            )
            return done.stdout

        for _ in range(200):
            if "NOAUTH" in ping():
                break
        assert "NOAUTH" in ping()
        assert "PONG" in ping(REDISCLI_AUTH=password)
        assert password not in Path(f"/proc/{server.pid}/cmdline").read_text()
    finally:
        server.kill()
        server.wait()
        subprocess.run(
            ["redis-cli", "-p", str(port), "-a", password, "shutdown", "nosave"],
            capture_output=True,
        )


# --- the proxy ---


@pytest.fixture
def rendered(tmp_path):
    """What nginx is started with in the container; a stand-in for nginx shows it."""
    (tmp_path / "nginx").write_text('#!/bin/sh\ncat "$2"\n')
    (tmp_path / "nginx").chmod(0o755)
    env = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PUBLIC_HOST": "start.assen.nl",
        "CONFIGURATION": str(ROOT / "deploy" / "nginx.conf"),
        "PLACE": str(tmp_path),
    }
    script = ROOT / "deploy" / "nginx-for-compose.sh"
    done = subprocess.run(["sh", script], env=env, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_proxy_finds_the_units_and_writes_nowhere(rendered, tmp_path):
    plain = re.sub(r"#.*", "", rendered)

    assert "server unit:8080 resolve;" in plain
    assert "zone startwijzer" in plain
    assert "127.0.0.1:8080" not in plain
    assert "server_name start.assen.nl;" in plain
    assert "example.nl" not in plain
    assert "/var/log" not in plain and "/run/" not in plain
    limit = (ROOT / "deploy" / "nginx.conf").read_text().count("limit_req")
    assert rendered.count("limit_req") == limit, "all else stays as it was"


# --- Prometheus ---


def test_prometheus_asks_every_part_that_has_figures():
    found = load("deploy/prometheus/prometheus.yml")
    (job,) = found["scrape_configs"]

    asked = {name: d["port"] for d in job["dns_sd_configs"] for name in d["names"]}
    assert asked == {"unit": 8080, "worker": 8090}
    assert set(asked) <= set(SERVICES)
    assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_token"


def test_every_alert_asks_for_a_figure_that_there_is(database):
    from bot.operations.metrics import Metrics

    exposed = Metrics(database, "1", "development").expose().decode()
    names = set(re.findall(r"^# TYPE (\S+)", exposed, re.M))
    for group in load("deploy/prometheus/alerts.yml")["groups"]:
        for rule in group["rules"]:
            used = re.findall(r"startwijzer_\w+", rule["expr"])
            assert all(name in names or name.removesuffix("_total") in names for name in used)
            assert rule["annotations"]["summary"]
