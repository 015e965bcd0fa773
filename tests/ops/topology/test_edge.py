import asyncio
import re
import subprocess
from pathlib import Path

import pytest

from ops.topology.machine.binaries import nginx
from ops.topology.servers import edge
from ops.topology.servers.edge import Balancer
from tests.ops.topology.site import make_site


def rendered(balancer: Balancer) -> str:
    balancer.render()
    return (balancer.site.layout.run / "nginx" / "nginx.conf").read_text()


def accepts(balancer: Balancer) -> subprocess.CompletedProcess[str]:
    var = balancer.site.layout.var
    conf = balancer.site.layout.run / "nginx" / "nginx.conf"
    for folder in ("edge-cache", "edge-temporary"):
        (var / folder).mkdir(exist_ok=True)
    argv = [str(nginx()), "-t", "-e", "stderr", "-p", str(var), "-c", str(conf)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("pods", [(), ("web-1",), ("web-1", "web-2", "web-11")])
@pytest.mark.parametrize("folder", ["var", "a var with spaces"])
def test_nginx_accepts_the_configuration_for_any_pods(
    tmp_path: Path, pods: tuple[str, ...], folder: str
) -> None:
    balancer = Balancer(make_site(tmp_path / folder))
    balancer.pods = pods
    balancer.render()
    tried = accepts(balancer)
    assert tried.returncode == 0, tried.stderr


def test_every_place_is_filled(tmp_path: Path) -> None:
    assert re.findall(r"@[A-Z_]+@", rendered(Balancer(make_site(tmp_path / "var")))) == []


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="MISSING"):
        edge.fill("listen @MISSING@;", {})


def test_nginx_names_of_locations_are_left_alone() -> None:
    assert edge.fill("error_page 418 = @origin;", {}) == "error_page 418 = @origin;"


def test_pods_become_servers_and_nothing_else_does(tmp_path: Path) -> None:
    balancer = Balancer(make_site(tmp_path / "var"))
    balancer.pods = ("web-2", "web-7")
    assert re.findall(r"/(web-\d+)\.sock", rendered(balancer)) == ["web-2", "web-7"]


def test_without_pods_there_is_still_a_server_for_nginx_to_be_content(tmp_path: Path) -> None:
    assert f"{edge.NO_POD_SOCKET}" in rendered(Balancer(make_site(tmp_path / "var")))


def test_only_its_user_reads_the_keys_in_it(tmp_path: Path) -> None:
    balancer = Balancer(make_site(tmp_path / "var"))
    assert balancer.site.credentials.cdn_signing_key in rendered(balancer)
    files = list((balancer.site.layout.run / "nginx").iterdir())
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_site_takes_no_photo_sized_body(tmp_path: Path) -> None:
    conf = rendered(Balancer(make_site(tmp_path / "var")))
    site, _, upload = (
        part.partition("client_max_body_size ")[2][:4] for part in conf.split("server_name ")[1:]
    )
    assert (site, upload) == ("2m; ", "110m")


def test_the_same_pods_are_not_a_reason_to_reload(tmp_path: Path) -> None:
    balancer = Balancer(make_site(tmp_path / "var"))
    for pods in (["web-2", "web-1"], ["web-1", "web-2"], ["web-1"]):
        asyncio.run(balancer.follow(pods, None))
    assert balancer.generation == 2
    assert balancer.pods == ("web-1",)
