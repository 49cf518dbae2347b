import stat

import pytest

from bot.settings import ROOT, SECRETS, WHATSAPP, Settings, SettingsError

MADE = sorted({*SECRETS, *WHATSAPP} - {"WHATSAPP_PHONE_NUMBER_ID"})

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
    assert settings.retention_days_result == 30
    assert settings.public_url == "http://127.0.0.1:8080"


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
        ("RETENTION_DAYS_RESULT", "14", "retention_days_result", 14),
        ("PUBLIC_URL", "https://start.assen.nl", "public_url", "https://start.assen.nl"),
        ("PUBLIC_URL", "https://assen.nl/bot/", "public_url", "https://assen.nl/bot"),
        ("PORT_WEB", "9000", "public_url", "http://127.0.0.1:9000"),
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
    [
        "DATABASE_URL",
        "ENVIRONMENT",
        "GEMEENTE",
        "HOST_WEB",
        "PORT_WEB",
        "PUBLIC_URL",
        "RETENTION_DAYS_REFERRAL",
        "RETENTION_DAYS_RESULT",
    ],
)
def test_an_empty_variable_counts_as_not_set(env, name):
    assert Settings.from_environment({**env, name: ""}) == Settings.from_environment(env)


@pytest.mark.parametrize("value", ["abc", "0", "-1", "80.5", "8 080", "²"])
@pytest.mark.parametrize(
    "name", ["PORT_WEB", "RETENTION_DAYS_CONVERSATION", "RETENTION_DAYS_RESULT"]
)
def test_a_number_that_is_no_number_is_refused_by_name_in_dutch(env, name, value):
    with pytest.raises(SettingsError, match="maar moet een heel getal") as error:
        Settings.from_environment({**env, name: value})

    assert name in str(error.value)
    assert f"'{value}'" in str(error.value)


@pytest.mark.parametrize(
    "value",
    [
        "start.assen.nl",
        "//start.assen.nl",
        "ftp://assen.nl",
        "javascript:alert(1)",
        "/bot",
        "https://",
    ],
)
def test_a_public_address_that_is_none_is_refused_by_name_in_dutch(env, value):
    with pytest.raises(SettingsError, match=r"PUBLIC_URL is .*http:// of https://"):
        Settings.from_environment({**env, "PUBLIC_URL": value})


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
    assert sorted(warning.split()[0] for warning in warnings) == MADE
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
    made = sorted(path.name for path in (tmp_path / "development-secrets").iterdir())
    assert made == sorted({*MADE} - {"SECRET_KEY"})


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


def test_the_way_to_the_desks_comes_from_the_environment(env):
    settings = Settings.from_environment(
        {
            **env,
            "SMTP_URL": "smtps://jan:geheim@mail.example.nl",
            "SMTP_FROM": "Gemeente <bot@example.nl>",
            "SMTP_CA_FILE": "/etc/ca.pem",
            "OPENKLANT_URL": "https://openklant.example.nl/",
            "OPENKLANT_TOKEN": "token",
            "WEBHOOK_SECRET": "w" * 32,
            "WEBHOOK_PRIVATE_NETWORKS": "10.1.2.0/24, fd00::/8",
            "SECRET_KEY_OLD": "een, twee ,,",
        }
    )

    assert settings.smtp_url == "smtps://jan:geheim@mail.example.nl"
    assert (settings.smtp_from, settings.smtp_ca_file) == (
        "Gemeente <bot@example.nl>",
        "/etc/ca.pem",
    )
    assert settings.openklant_url == "https://openklant.example.nl"
    assert (settings.openklant_token, settings.webhook_secret) == ("token", "w" * 32)
    assert settings.webhook_private_networks == ("10.1.2.0/24", "fd00::/8")
    assert settings.secret_key_old == ("een", "twee")
    for secret in ("geheim", "token'", "w" * 32, "een'"):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example.nl:25"),
        ("SMTP_URL", "http://mail.example.nl"),
        ("SMTP_URL", "smtp://jan:geheim@:25"),
        ("SMTP_URL", "smtp://jan:geheim@mail.example.nl:99999"),
        ("OPENKLANT_URL", "openklant.example.nl"),
        ("OPENKLANT_URL", "ftp://openklant.example.nl"),
        ("WEBHOOK_PRIVATE_NETWORKS", "10.1.2.3/24"),
        ("WEBHOOK_PRIVATE_NETWORKS", "loket"),
    ],
)
def test_an_address_that_is_none_is_refused_by_name_without_its_password(env, name, value):
    with pytest.raises(SettingsError, match=name) as error:
        Settings.from_environment({**env, name: value})

    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("public_url", "sender"),
    [
        ("", "startwijzer@localhost"),
        ("http://[::1]:8080", "startwijzer@localhost"),
        ("https://startwijzer.assen.nl/", "startwijzer@startwijzer.assen.nl"),
    ],
)
def test_without_a_sender_mail_comes_from_the_public_address(env, public_url, sender):
    settings = Settings.from_environment({**env, "PUBLIC_URL": public_url})

    assert settings.smtp_from == sender


def test_production_starts_without_a_webhook_secret_but_not_with_a_short_one(env):
    env["ENVIRONMENT"] = "production"

    assert Settings.from_environment(env).webhook_secret == ""
    with pytest.raises(SettingsError, match="te kort: WEBHOOK_SECRET"):
        Settings.from_environment({**env, "WEBHOOK_SECRET": "kort"})


def test_staff_of_several_gemeenten_need_a_claim_that_says_which():
    several = {"GEMEENTE": "meerdere", "OIDC_ISSUER": "https://login.example"}

    with pytest.raises(SettingsError, match="OIDC_GEMEENTEN_CLAIM"):
        Settings.from_environment(several)
