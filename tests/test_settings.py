import stat

import pytest

from bot.settings import ROOT, Settings, SettingsError

SECRET = "een-geheim-van-minstens-32-tekens-lang"


@pytest.fixture
def env(tmp_path):
    return {"VAR_DIR": str(tmp_path / "var"), "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET}


def test_without_settings_everything_is_local_and_safe(env):
    settings = Settings.from_environment(env)

    assert not settings.production
    assert settings.host_web == "127.0.0.1"
    assert (settings.port_web, settings.port_rasa, settings.port_actions) == (8080, 5005, 5055)
    assert settings.rasa_url == "http://127.0.0.1:5005"
    assert settings.actions_url == "http://127.0.0.1:5055"
    assert settings.gemeente == "Voorbeeldstad"
    assert settings.database_url == f"sqlite:///{env['VAR_DIR']}/startwijzer.sqlite3"
    assert (settings.retention_days_conversation, settings.retention_days_referral) == (30, 180)


def test_without_a_directory_everything_is_written_under_var_of_the_project(env):
    del env["VAR_DIR"]

    assert Settings.from_environment(env).var == ROOT / "var"


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("PORT_WEB", "9000", "port_web", 9000),
        ("PORT_RASA", "9001", "port_rasa", 9001),
        ("PORT_ACTIONS", "9002", "port_actions", 9002),
        ("RETENTION_DAYS_CONVERSATION", "7", "retention_days_conversation", 7),
        ("RETENTION_DAYS_REFERRAL", "90", "retention_days_referral", 90),
        ("DATABASE_URL", "postgresql://db/bot", "database_url", "postgresql://db/bot"),
        ("GEMEENTE", "Breda", "gemeente", "Breda"),
        ("HOST_WEB", "0.0.0.0", "host_web", "0.0.0.0"),
        ("ENVIRONMENT", "production", "production", True),
    ],
)
def test_a_setting_comes_from_its_variable(env, name, value, field, expected):
    assert getattr(Settings.from_environment({**env, name: value}), field) == expected


@pytest.mark.parametrize(
    "name",
    ["DATABASE_URL", "ENVIRONMENT", "GEMEENTE", "HOST_WEB", "PORT_WEB", "RETENTION_DAYS_REFERRAL"],
)
def test_an_empty_variable_counts_as_not_set(env, name):
    assert Settings.from_environment({**env, name: ""}) == Settings.from_environment(env)


@pytest.mark.parametrize("value", ["abc", "0", "-1", "80.5", "8 080", "²"])
@pytest.mark.parametrize("name", ["PORT_WEB", "RETENTION_DAYS_CONVERSATION"])
def test_a_number_that_is_no_number_is_refused_by_name_in_dutch(env, name, value):
    with pytest.raises(SettingsError, match="maar moet een heel getal") as error:
        Settings.from_environment({**env, name: value})

    assert name in str(error.value)
    assert f"'{value}'" in str(error.value)


def test_an_unknown_environment_is_refused(env):
    with pytest.raises(SettingsError, match=r"'staging'.*'development' of 'production'"):
        Settings.from_environment({**env, "ENVIRONMENT": "staging"})


@pytest.mark.parametrize("missing", ["SECRET_KEY", "RASA_TOKEN"])
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_production_stops_without_a_secret(env, missing, how):
    env["ENVIRONMENT"] = "production"
    if how == "absent":
        del env[missing]
    else:
        env[missing] = ""

    with pytest.raises(SettingsError, match=f"verplicht: {missing}"):
        Settings.from_environment(env)


def test_production_never_makes_up_a_secret(tmp_path):
    with pytest.raises(SettingsError, match="SECRET_KEY, RASA_TOKEN"):
        Settings.from_environment({"ENVIRONMENT": "production", "VAR_DIR": str(tmp_path)})

    assert list(tmp_path.iterdir()) == []


def test_development_makes_a_secret_once_and_reuses_it(tmp_path, caplog):
    env = {"VAR_DIR": str(tmp_path / "var")}

    first = Settings.from_environment(env)
    warnings = [record.getMessage() for record in caplog.records]
    caplog.clear()
    second = Settings.from_environment(env)

    assert first == second
    assert len(first.secret_key) >= 32
    assert first.secret_key != first.rasa_token
    assert sorted(warning.split()[0] for warning in warnings) == ["RASA_TOKEN", "SECRET_KEY"]
    assert caplog.records == []
    assert first.secret_key not in "".join(warnings)


def test_a_development_secret_is_for_its_owner_only(tmp_path):
    Settings.from_environment({"VAR_DIR": str(tmp_path)})

    folder = tmp_path / "development-secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("SECRET_KEY", "RASA_TOKEN"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_secret_from_the_environment_wins_and_is_not_written(tmp_path):
    settings = Settings.from_environment({"VAR_DIR": str(tmp_path), "SECRET_KEY": SECRET})

    assert settings.secret_key == SECRET
    assert [path.name for path in (tmp_path / "development-secrets").iterdir()] == ["RASA_TOKEN"]


def test_a_secret_file_that_was_left_empty_is_never_used_as_a_secret(tmp_path):
    """A first start that is killed between making and filling the file leaves it empty."""
    folder = tmp_path / "development-secrets"
    folder.mkdir()
    (folder / "SECRET_KEY").touch(mode=0o600)
    try:
        secret = Settings.from_environment({"VAR_DIR": str(tmp_path)}).secret_key
    except SettingsError:
        return

    assert secret != ""


def test_a_directory_where_nothing_can_be_written_gives_a_dutch_message(tmp_path):
    """A file in the place of the directory stops root too."""
    (tmp_path / "bestand").write_text("")
    var = tmp_path / "bestand" / "var"

    with pytest.raises(SettingsError, match=r"Ik kan niet schrijven in .*VAR_DIR") as error:
        Settings.from_environment({"VAR_DIR": str(var)})

    assert str(var) in str(error.value)


def test_a_directory_without_permission_gives_the_same_message(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("bot.settings.os.open", refuse)

    with pytest.raises(SettingsError, match=r"Ik kan niet schrijven in .*schrijfrecht"):
        Settings.from_environment({"VAR_DIR": str(tmp_path)})
