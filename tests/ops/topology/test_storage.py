import json
from pathlib import Path

from ops.topology.servers import s3_bucket, storage
from tests.ops.topology.site import make_site


def flags(var: Path) -> dict[str, str]:
    words = [str(word) for word in storage.command(make_site(var))[1:]]
    return {name.lstrip("-"): value for name, _, value in (word.partition("=") for word in words)}


def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    values = flags(tmp_path / "var")
    assert (values["ip"], values["ip.bind"]) == ("127.0.0.1", "127.0.0.1")


def test_its_telemetry_is_off(tmp_path: Path) -> None:
    assert flags(tmp_path / "var")["master.telemetry"] == "false"


def test_the_edge_may_only_read_and_the_site_only_its_bucket() -> None:
    identities = json.loads(json.dumps(storage.identities("a", "b", "c")))["identities"]
    actions = {each["name"]: set(each["actions"]) for each in identities}
    assert actions["edge"] == {"Read:media"}
    assert all(action.endswith(":media") for action in actions["app"])


def test_the_ports_behind_s3_ask_for_a_token(tmp_path: Path) -> None:
    site = make_site(tmp_path / "var")
    storage.write_configuration(site)
    text = (site.layout.var / "s3" / "conf" / "security.toml").read_text()
    assert text.count("key = ") == 4
    assert site.credentials.weed_filer_read in text


def test_its_keys_are_readable_by_its_user_alone(tmp_path: Path) -> None:
    site = make_site(tmp_path / "var")
    storage.write_configuration(site)
    files = list((site.layout.var / "s3" / "conf").iterdir())
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


def test_only_pages_of_the_site_may_upload() -> None:
    rule = s3_bucket.cors_rule("http://localhost:8000")
    assert rule["AllowedOrigins"] == ["http://localhost:8000"]
    assert "GET" not in rule["AllowedMethods"]
