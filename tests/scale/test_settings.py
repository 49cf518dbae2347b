"""What makes an installation large: settings, and secrets that stand in files."""

import pytest

from bot.run import parts
from bot.settings import IN_FILES, Settings, SettingsError, with_files

SECRET = "een-geheim-van-minstens-32-tekens-lang"


@pytest.fixture
def env(tmp_path):
    return {"VAR_DIR": str(tmp_path / "var"), "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET}


@pytest.fixture
def in_file(tmp_path):
    """`in_file(NAME, content)`: the setting that names a file with that content."""

    def make(name, content):
        path = tmp_path / name.lower()
        path.write_text(content)
        return {f"{name}_FILE": str(path)}

    return make


def read(env):
    return Settings.from_environment(env)


def test_without_settings_everything_is_small(env):
    settings = read(env)

    assert (settings.rasa_workers, settings.web_workers) == (1, 1)
    assert settings.redis_url == ""
    assert not settings.works_apart
    assert [part.name for part in parts(settings)] == ["actions", "rasa", "web"]


def test_a_large_one_runs_several_of_each(env):
    settings = read(
        {**env, "RASA_WORKERS": "3", "WEB_WORKERS": "2", "REDIS_URL": "redis://127.0.0.1"}
    )
    found = {part.name: part for part in parts(settings)}

    assert list(found) == ["actions", "rasa", "web.1", "web.2"]
    assert found["rasa"].workers == 3
    assert [found[name].port for name in ("web.1", "web.2")] == [8081, 8082]
    assert found["web.2"].command[-2:] == ["--number", "2"]


def test_several_rasa_processes_need_a_lock_that_they_share(env):
    with pytest.raises(SettingsError, match="REDIS_URL ontbreekt"):
        read({**env, "RASA_WORKERS": "2"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "127.0.0.1:6379"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("RASA_WORKERS", "0"),
        ("WEB_WORKERS", "veel"),
        ("WORKERS", "aan"),
        ("PORT_WORKER", "x"),
    ],
)
def test_a_wrong_value_is_named(env, name, value):
    with pytest.raises(SettingsError, match=name):
        read({**env, name: value})


def test_the_work_can_be_done_apart(env):
    assert read({**env, "WORKERS": "apart"}).works_apart
    assert not read({**env, "WORKERS": "web"}).works_apart


@pytest.mark.parametrize("name", IN_FILES)
def test_every_secret_may_stand_in_a_file(in_file, name):
    assert with_files(in_file(name, f"  {SECRET}\n\n")) == {name: SECRET}


def test_secrets_from_files_are_used(env, in_file, tmp_path):
    del env["SECRET_KEY"], env["RASA_TOKEN"]
    env |= in_file("SECRET_KEY", SECRET + "\n") | in_file("RASA_TOKEN", SECRET[::-1])
    env |= in_file("DATABASE_URL", "postgresql://bot:geheim@db/bot\n")
    settings = read({**env, "ENVIRONMENT": "production"})

    assert settings.secret_key == SECRET
    assert settings.rasa_token == SECRET[::-1]
    assert settings.database_url == "postgresql://bot:geheim@db/bot"
    assert not (tmp_path / "var" / "development-secrets").exists()


def test_a_setting_and_its_file_is_one_too_many(env, in_file):
    with pytest.raises(SettingsError, match="SECRET_KEY en SECRET_KEY_FILE"):
        read(env | in_file("SECRET_KEY", SECRET))


def test_an_empty_setting_beside_a_file_is_not_set(env, in_file):
    env["SECRET_KEY"] = ""
    assert read(env | in_file("SECRET_KEY", SECRET)).secret_key == SECRET


@pytest.mark.parametrize("content", ["", "  \n"])
def test_an_empty_file_is_named(env, in_file, content):
    del env["SECRET_KEY"]
    with pytest.raises(SettingsError, match=r"SECRET_KEY_FILE .* leeg"):
        read(env | in_file("SECRET_KEY", content))


def test_a_file_that_is_not_there_or_no_text_is_named(env, tmp_path):
    del env["SECRET_KEY"]
    with pytest.raises(SettingsError, match=r"SECRET_KEY_FILE .* niet lezen"):
        read({**env, "SECRET_KEY_FILE": str(tmp_path / "nergens")})
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="geen tekst") as raised:
        read({**env, "SECRET_KEY_FILE": str(tmp_path / "bytes")})
    assert "xff" not in str(raised.value)


def test_no_other_setting_is_read_from_a_file(env):
    assert "SMTP_CA" not in IN_FILES
    assert read({**env, "SMTP_CA_FILE": "/ergens/ca.pem"}).smtp_ca_file == "/ergens/ca.pem"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://bot@db:5432/bot", "postgresql://bot:a%2Fb%40c@db:5432/bot"),
        ("postgresql://db/bot?sslmode=require", "postgresql://:a%2Fb%40c@db/bot?sslmode=require"),
    ],
)
def test_a_password_of_its_own_goes_into_the_address(env, in_file, url, expected):
    env |= {"DATABASE_URL": url, **in_file("DATABASE_PASSWORD", "a/b@c\n")}
    assert read(env).database_url == expected


def test_redis_has_a_password_of_its_own_too(env, in_file):
    env |= {"REDIS_URL": "redis://redis:6379/0", **in_file("REDIS_PASSWORD", "geheim")}
    assert read(env).redis_url == "redis://:geheim@redis:6379/0"


@pytest.mark.parametrize("url", ["", "postgresql://bot:al@db/bot", "sqlite:////var/x.sqlite3"])
def test_a_password_without_a_place_for_it_is_named(env, url):
    with pytest.raises(SettingsError, match="DATABASE_PASSWORD") as raised:
        read({**env, "DATABASE_URL": url, "DATABASE_PASSWORD": "geheim"})
    assert "geheim" not in str(raised.value)


def test_no_password_is_shown(env):
    settings = read({**env, "REDIS_URL": "redis://:heelgeheim@redis/0"})
    assert "heelgeheim" not in repr(settings)
