import os
import shlex
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from config import env
from ops.topology.site import environment
from ops.topology.site.shape import postgres_port
from ops.topology.site.site import inherited_environment
from tests.ops.topology.site import make_site


def test_the_site_reads_what_the_topology_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site(tmp_path / "var")
    environment.write(site)
    for name in environment.for_pod(site, "manage"):
        monkeypatch.delenv(name, raising=False)
    with monkeypatch.context() as scratch:
        scratch.setattr(os, "environ", os.environ.copy())
        env.read_file(site.layout.environment)
        read = env.read()
    assert read.site_url == site.url
    assert [name for name, _ in read.shard_urls] == ["shard0", "shard1"]
    assert [name for name, _ in read.shard_replica_urls] == ["shard0", "shard1"]
    assert read.database_replica_urls == site.replica_urls("directory")
    assert read.pod_name == "manage"


def test_a_shell_reads_it_too(tmp_path: Path) -> None:
    site = make_site(tmp_path / "a var with spaces")
    environment.write(site)
    path = shlex.quote(str(site.layout.environment))
    done = subprocess.run(
        ["sh", "-c", f"set -a; . {path}; printenv SHARD_URLS"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == environment.for_site(site)["SHARD_URLS"]


def test_only_its_user_reads_it(tmp_path: Path) -> None:
    site = make_site(tmp_path / "var")
    environment.write(site)
    assert site.layout.environment.stat().st_mode & 0o077 == 0


def test_each_database_has_a_socket_of_its_own(tmp_path: Path) -> None:
    site = make_site(tmp_path / "var")
    values = environment.for_site(site)
    urls = [values["DATABASE_URL"], values["DATABASE_REPLICA_URLS"]]
    urls += [
        pair.partition("=")[2]
        for name in ("SHARD_URLS", "SHARD_REPLICA_URLS")
        for pair in values[name].split()
    ]
    queries = [parse_qs(urlsplit(url).query) for url in urls]
    assert sorted(query["port"][0] for query in queries) == [
        "5440,5441", "5441", "5442,5443", "5443", "5444,5445", "5445",
    ]  # fmt: skip
    assert {host for query in queries for host in query["host"][0].split(",")} == {str(site.layout.run)}


def test_a_folder_with_odd_characters_survives_the_address(tmp_path: Path) -> None:
    site = make_site(tmp_path / "a b&c?d")
    query = urlsplit(site.replica_urls("shard1")[0]).query
    assert parse_qs(query)["host"] == [str(site.layout.run)]


def test_without_replicas_the_environment_names_none(tmp_path: Path) -> None:
    values = environment.for_site(make_site(tmp_path / "var", replicas=0))
    assert values["DATABASE_REPLICA_URLS"] == values["SHARD_REPLICA_URLS"] == ""


def test_the_edge_and_the_site_are_different_hosts_so_that_cookies_stay_apart(tmp_path: Path) -> None:
    values = environment.for_site(make_site(tmp_path / "var"))
    assert urlsplit(values["SITE_URL"]).hostname != urlsplit(values["CDN_URL"]).hostname


def test_the_operators_own_connection_settings_do_not_leak_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPASSWORD", "DATABASE_URL", "SHARD_URLS", "PYTHONPATH", "MAKEFLAGS"):
        monkeypatch.setenv(name, "something else")
    monkeypatch.setenv("LANG", "C.UTF-8")
    inherited = inherited_environment()
    assert inherited["LANG"] == "C.UTF-8"
    assert not [value for value in inherited.values() if value == "something else"]


def test_a_primarys_address_names_its_whole_group_so_that_a_promotion_is_followed(tmp_path: Path) -> None:
    site = make_site(tmp_path / "var", replicas=2)
    assert "port=5442,5443,5543" in site.primary_url("shard0")
    site.shape.put(site.shape.groups["shard0"].promoted("shard0-replica-2"))
    assert "port=5543,5442,5443" in site.primary_url("shard0")
    assert [url.rpartition("=")[2] for url in site.replica_urls("shard0")] == ["5442", "5443"]


def test_one_server_has_two_databases(tmp_path: Path) -> None:
    site = make_site(tmp_path / "var", is_single=True, replicas=0)
    values = environment.for_site(site)
    assert "/tessera?" in values["DATABASE_URL"]
    assert "/shard0?" in values["SHARD_URLS"]
    assert site.primary_url("directory").endswith("port=5440")
    assert site.primary_url("shard0").endswith("port=5440")


@pytest.mark.parametrize(
    ("name", "port"), [("directory", 5440), ("directory-replica", 5441), ("shard1", 5444)]
)
def test_a_databases_name_leads_to_its_socket(name: str, port: int) -> None:
    assert postgres_port(name) == port
