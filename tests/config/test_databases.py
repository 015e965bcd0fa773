"""Aliases and connection settings from URLs."""

import pytest

from config import databases
from config.env import EnvironmentIncomplete, read

URL = "postgresql://tessera:a%2Fb@/tessera?host=/run/a%20b,/run/a%20b&port=5440,5441"


@pytest.fixture
def _replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("DATABASE_REPLICA_URLS", f"{URL}&weight=3 {URL}")
    monkeypatch.setenv("SHARD_URLS", f"shard0={URL}")
    monkeypatch.setenv("SHARD_REPLICA_URLS", f"shard0={URL} shard0=postgresql://b/c?weight=0")


@pytest.mark.usefixtures("_replicas")
def test_a_replica_may_have_a_weight_that_libpq_does_not_see() -> None:
    env = read()
    assert databases.weights(env) == {"default_r1": 3, "shard0_r2": 0}
    assert databases.aliases(env) == (
        ["shard0"],
        {"default": ["default_r1", "default_r2"], "shard0": ["shard0_r1", "shard0_r2"]},
    )
    entries = databases.databases(env)
    assert "weight" not in entries["default_r1"]["OPTIONS"]
    assert entries["default_r1"]["TEST"]["MIRROR"] == "default"
    assert entries["shard0_r2"]["TEST"]["MIRROR"] == "shard0"


@pytest.mark.parametrize("weight", ["", "-1", "1.5", "101", "much"])
def test_a_weight_that_is_no_small_number_is_refused(weight: str) -> None:
    with pytest.raises(EnvironmentIncomplete, match="weight="):
        databases.split_weight(f"{URL}&weight={weight}")


def test_the_rest_of_an_address_survives_the_weight() -> None:
    without, weight = databases.split_weight(f"{URL}&weight=7")
    assert weight == 7
    assert databases.connection(without) == databases.connection(URL)


@pytest.mark.usefixtures("_replicas")
def test_a_primarys_address_leads_to_whichever_server_takes_writes() -> None:
    directory = databases.databases(read())["default"]
    assert (directory["HOST"], directory["PORT"]) == ("/run/a b,/run/a b", "5440,5441")
    assert directory["OPTIONS"]["target_session_attrs"] == "read-write"


@pytest.mark.usefixtures("_replicas")
def test_every_connection_says_whose_it_is_and_leaves_nothing_in_a_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POD_NAME", "web-7")
    monkeypatch.setenv("DATABASE_CONN_MAX_AGE", "0")
    for settings in databases.databases(read()).values():
        assert settings["OPTIONS"]["application_name"] == "web-7"
        assert settings["DISABLE_SERVER_SIDE_CURSORS"]
        assert settings["CONN_HEALTH_CHECKS"]
        assert settings["CONN_MAX_AGE"] == 0
