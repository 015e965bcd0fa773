from pathlib import Path

import pytest

from ops.topology.machine.trouble import Trouble
from ops.topology.servers import postgres, postgres_settings
from ops.topology.servers.postgres_server import Server
from ops.topology.site.spec import Role
from tests.ops.topology.site import make_site


def settings(server: Server, *, follows: Server | None = None) -> dict[str, str]:
    server.data.mkdir(parents=True, exist_ok=True)
    server.render(follows=follows)
    lines = (server.data / postgres_settings.SETTINGS_FILE).read_text().splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition(" = ") for line in lines)}


def test_a_primary_listens_on_its_socket_alone(tmp_path: Path) -> None:
    lines = settings(Server(make_site(tmp_path / "var"), "shard0"))
    assert (lines["listen_addresses"], lines["port"]) == ("", "5442")


def test_a_replica_follows_its_primary_with_its_own_slot_and_no_password_in_sight(tmp_path: Path) -> None:
    site = make_site(tmp_path / "var")
    replica, primary = Server(site, "shard0-replica"), Server(site, "shard0")
    lines = settings(replica, follows=primary)
    assert lines["primary_slot_name"] == "shard0_replica"
    assert "port=''5442''" in lines["primary_conninfo"]
    assert site.credentials.postgres_replicator not in lines["primary_conninfo"]


def test_only_tests_give_up_durability(tmp_path: Path) -> None:
    safe = settings(Server(make_site(tmp_path / "safe"), "shard0"))
    fast = settings(Server(make_site(tmp_path / "fast", is_fast=True), "shard0"))
    assert "fsync" not in safe
    assert fast["fsync"] == "off"


def test_every_connection_must_prove_who_it_is(tmp_path: Path) -> None:
    server = Server(make_site(tmp_path / "var"), "directory")
    settings(server)
    rules = (server.data / "pg_hba.conf").read_text().splitlines()
    assert rules
    assert all(rule.startswith("local") and rule.endswith("scram-sha-256") for rule in rules)


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    server = Server(make_site(tmp_path / "var"), "shard1")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(Trouble, match="PostgreSQL 15, not 18"):
        server.has_data()


def test_a_lock_whose_pid_belongs_to_another_program_is_removed(tmp_path: Path) -> None:
    server = Server(make_site(tmp_path / "var"), "shard1")
    server.data.mkdir(parents=True)
    lock = server.data / "postmaster.pid"
    lock.write_text("1\n/elsewhere\n")
    settings(server)
    assert not lock.exists()


def test_stopping_does_not_wait_for_clients(tmp_path: Path) -> None:
    spec = postgres.primary(make_site(tmp_path / "var"), "directory")
    assert (spec.role, spec.stop_signal.name) == (Role.PRIMARY, "SIGINT")


@pytest.mark.parametrize(
    ("value", "escaped"), [("plain", "plain"), ("it's", "it''s"), ("back\\slash", "back\\\\slash")]
)
def test_settings_are_quoted_as_postgresql_reads_them(value: str, escaped: str) -> None:
    assert postgres_settings.escape(value) == escaped


def test_connection_strings_are_quoted_as_libpq_reads_them() -> None:
    assert postgres_settings.connection_string({"host": "/it's", "port": "1"}) == "host='/it\\'s' port='1'"


def test_the_shell_for_a_person_is_the_sites_own_user_unless_asked(tmp_path: Path) -> None:
    site = make_site(tmp_path / "var")
    argv, environ = postgres.shell(site, "shard1-replica", as_superuser=False)
    assert argv[-4:] == ["-U", "tessera", "-d", "tessera"]
    assert (environ["PGPORT"], environ["PGPASSWORD"]) == ("5445", site.credentials.postgres_tessera)
    assert "postgres" in postgres.shell(site, "directory", as_superuser=True)[0]
