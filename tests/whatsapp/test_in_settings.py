from pathlib import Path

import pytest
from meta import ENVIRONMENT

from bot.settings import ROOT, Settings, SettingsError


@pytest.fixture
def env(tmp_path):
    return {"VAR_DIR": str(tmp_path)}


@pytest.fixture
def production(env):
    secret = "a secret of at least thirty-two characters"
    return {**env, "ENVIRONMENT": "production", "SECRET_KEY": secret, "RASA_TOKEN": secret}


def test_without_settings_there_is_no_whatsapp_in_production(production):
    settings = Settings.from_environment(production)

    assert not settings.whatsapp
    assert settings.whatsapp_api_url.startswith("https://graph.facebook.com/v")


def test_in_development_what_is_missing_is_made_up_once(env):
    first, second = Settings.from_environment(env), Settings.from_environment(env)

    assert first.whatsapp and len(first.whatsapp_app_secret) > 32
    assert first.whatsapp_app_secret == second.whatsapp_app_secret
    assert first.whatsapp_app_secret != first.whatsapp_verify_token


def test_each_setting_comes_from_its_variable(env):
    more = {"WHATSAPP_API_URL": "http://127.0.0.1:9/v1/", "WHATSAPP_TEMPLATES": "general=a:nl, b"}
    settings = Settings.from_environment({**env, **ENVIRONMENT, **more})

    assert settings.whatsapp
    assert settings.whatsapp_verify_token == ENVIRONMENT["WHATSAPP_VERIFY_TOKEN"]
    assert settings.whatsapp_app_secret == ENVIRONMENT["WHATSAPP_APP_SECRET"]
    assert settings.whatsapp_access_token == ENVIRONMENT["WHATSAPP_ACCESS_TOKEN"]
    assert settings.whatsapp_phone_number_id == ENVIRONMENT["WHATSAPP_PHONE_NUMBER_ID"]
    assert settings.whatsapp_api_url == "http://127.0.0.1:9/v1"
    assert settings.whatsapp_templates == ("general=a:nl", "b")


@pytest.mark.parametrize("missing", list(ENVIRONMENT))
def test_half_of_the_settings_stops_the_start_and_names_what_is_missing(production, missing):
    with pytest.raises(SettingsError, match=f"half ingesteld: {missing} ontbreekt"):
        Settings.from_environment({**production, **ENVIRONMENT, missing: " "})


def test_a_phone_number_is_not_the_id_of_one(env):
    number = {"WHATSAPP_PHONE_NUMBER_ID": "+31 85 000 00 00"}
    with pytest.raises(SettingsError, match="moet het nummer-id van Meta zijn"):
        Settings.from_environment({**env, **ENVIRONMENT, **number})


def test_no_secret_is_shown(env):
    shown = repr(Settings.from_environment({**env, **ENVIRONMENT}))

    for name in ("WHATSAPP_VERIFY_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_ACCESS_TOKEN"):
        assert ENVIRONMENT[name] not in shown


def test_the_container_gets_every_setting():
    compose = Path(ROOT / "docker-compose.yml").read_text()

    for name in (*ENVIRONMENT, "WHATSAPP_API_URL", "WHATSAPP_TEMPLATES"):
        assert f"      {name}:\n" in compose
