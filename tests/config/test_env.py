"""The environment: typed values, defaults, and errors that name what is missing."""

from pathlib import Path

import pytest
from pytest_django import Settings

from config import databases, env, mail

REQUIRED = {
    "SECRET_KEY": "k",
    "DATABASE_URL": "postgresql://u:p%40ss@/tessera?host=/run/x&port=5440",
    "SHARD_URLS": "shard0=postgresql://a/one shard1=postgresql://b,c:5433/two",
    "CACHE_URL": "redis://cache",
    "QUEUE_URL": "redis://queue",
    "S3_ENDPOINT_URL": "http://s3/",
    "CDN_URL": "https://cdn.example/",
    "CDN_SIGNING_KEY": "s",
}

OPTIONAL = [
    "SHARD_REPLICA_URLS",
    "DATABASE_REPLICA_URLS",
    "S3_UPLOAD_URL",
    "SITE_URL",
    "READY_FILE",
    "DRAIN_FILE",
    "ALLOWED_HOSTS",
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in OPTIONAL:
        monkeypatch.delenv(name, raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_addresses_lose_their_last_slash(environment: pytest.MonkeyPatch) -> None:
    values = env.read()
    assert (values.s3_endpoint_url, values.s3_upload_url, values.cdn_url) == (
        "http://s3",
        "http://s3",
        "https://cdn.example",
    )


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_missing_value_is_named_with_its_cure(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(env.EnvironmentIncomplete, match=name) as caught:
        env.read()
    assert "make up" in str(caught.value)


def test_secrets_do_not_show_in_a_traceback(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CDN_SIGNING_KEY", "very-secret")
    assert "very-secret" not in repr(env.read())


def test_tls_is_what_the_visitor_sees(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SITE_URL", "https://photos.example")
    assert env.read().is_https
    assert env.read().allowed_hosts == ["photos.example"]


def test_a_shard_without_a_name_is_refused_without_its_password() -> None:
    with pytest.raises(env.EnvironmentIncomplete) as caught:
        env.named_urls("postgresql://user:secret@host/db")
    assert "secret" not in str(caught.value)


def test_secrets_stay_out_of_what_is_printed(environment: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "S3_SECRET_ACCESS_KEY", "CDN_SIGNING_KEY", "CDN_PURGE_TOKEN"):
        environment.setenv(name, "hush")
    for name in (
        "DATABASE_URL",
        "CACHE_URL",
        "QUEUE_URL",
        "DATABASE_REPLICA_URLS",
        "EMAIL_URL",
        "SENTRY_DSN",
    ):
        environment.setenv(name, "smtp://me:hush@host/1")
    for name in ("SHARD_URLS", "SHARD_REPLICA_URLS"):
        environment.setenv(name, "shard0=postgresql://me:hush@host/one")
    assert "hush" not in repr(env.read())


def test_what_is_set_wins_over_the_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text('SECRET_KEY=from-file\nPOD_NAME="from file"\n')
    environment.delenv("POD_NAME", raising=False)
    env.read_file(path)
    assert (env.read().secret_key, env.read().pod_name) == ("k", "from file")
    environment.delenv("POD_NAME", raising=False)


def test_every_replica_gets_an_alias_and_knows_its_primary(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_REPLICA_URLS", "postgresql://r1/tessera postgresql://r2/tessera")
    environment.setenv("SHARD_REPLICA_URLS", "shard1=postgresql://d/two")
    values = env.read()
    shards, replicas = databases.aliases(values)
    assert shards == ["shard0", "shard1"]
    assert replicas == {"default": ["default_r1", "default_r2"], "shard0": [], "shard1": ["shard1_r1"]}
    settings = databases.databases(values)
    assert set(settings) == {"default", "default_r1", "default_r2", "shard0", "shard1", "shard1_r1"}
    assert settings["shard1_r1"]["TEST"]["MIRROR"] == "shard1"


def test_a_url_becomes_djangos_settings(environment: pytest.MonkeyPatch) -> None:
    directory = databases.databases(env.read())["default"]
    assert (directory["NAME"], directory["PASSWORD"], directory["HOST"], directory["PORT"]) == (
        "tessera",
        "p@ss",
        "/run/x",
        "5440",
    )
    assert directory["OPTIONS"]["target_session_attrs"] == "read-write"


def test_several_hosts_stay_libpqs_business(environment: pytest.MonkeyPatch) -> None:
    shard = databases.databases(env.read())["shard1"]
    assert (shard["HOST"], shard["PORT"]) == ("b,c", ",5433")


def test_mail_settings_come_from_one_url() -> None:
    settings = mail.settings_from("smtps://post%40tessera:p%40ss@mail.example")
    assert (settings.host, settings.port, settings.user, settings.password) == (
        "mail.example",
        465,
        "post@tessera",
        "p@ss",
    )
    assert (settings.use_ssl, settings.use_tls) == (True, False)
    assert (mail.settings_from("smtp://mail").port, mail.settings_from("smtp://mail").use_tls) == (587, True)
    assert mail.settings_from("consolemail:").backend == mail.LOG_BACKEND
    with pytest.raises(env.EnvironmentIncomplete, match="scheme"):
        mail.settings_from("ftp://mail")


def test_the_form_templates_are_an_app_among_the_others(settings: Settings) -> None:
    assert settings.INSTALLED_APPS.index("django.forms") > settings.INSTALLED_APPS.index("config")
    assert settings.EMAIL_TIMEOUT == 10
