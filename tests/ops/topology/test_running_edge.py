"""The edge and the upload gateway: what they serve, to which requests, and what they accept."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from ops.topology.machine.credentials import Credentials, load
from ops.topology.site import environment
from tests.ops.topology.running import Running

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.topology
BUCKET = environment.BUCKET


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes


def ask(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


@pytest.fixture
def facts(running: Running) -> dict[str, Any]:
    return running.facts()


@pytest.fixture
def secrets(running: Running) -> Credentials:
    return load(running.var / "secrets.json")


def client(endpoint: str, secrets: Credentials) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=environment.APP_KEY_ID,
        aws_secret_access_key=secrets.s3_app,
        region_name=environment.REGION,
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )


@pytest.fixture
def storage(facts: dict[str, Any], secrets: Credentials) -> "S3Client":
    return client(facts["s3"], secrets)


@pytest.fixture
def path(storage: "S3Client") -> str:
    """The path of a fresh public object."""
    return stored(storage, "pub")


def stored(storage: "S3Client", folder: str) -> str:
    key = f"{folder}/{uuid.uuid4().hex}.webp"
    storage.put_object(Bucket=BUCKET, Key=key, Body=b"x" * 5000, ContentType="image/webp")
    return f"/{key}"


def signed(path: str, expiry: float, key: str) -> str:
    digest = hmac.new(key.encode(), f"{path}\n{int(expiry)}".encode(), hashlib.sha256).digest()
    return f"{path}?e={int(expiry)}&s={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def test_a_public_object_comes_from_the_origin_once_and_may_be_kept_for_ever(
    facts: dict[str, Any], path: str
) -> None:
    first, second = (ask(facts["cdn"] + path) for _ in range(2))
    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("MISS", "HIT")
    assert second.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert second.headers["Content-Type"] == "image/webp"
    assert second.headers["Access-Control-Allow-Origin"] == "*"
    assert not [name for name in second.headers if "amz" in name.lower()]


def test_a_private_object_needs_a_signature_for_its_path_and_time(
    facts: dict[str, Any], storage: "S3Client", secrets: Credentials
) -> None:
    path, other = stored(storage, "priv"), stored(storage, "priv")
    key, soon = secrets.cdn_signing_key, time.time() + 60
    good = signed(path, soon, key)
    answer = ask(facts["cdn"] + good)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, max-age=3600")
    refused = [
        path,
        good.replace(path, other),
        good.replace(f"e={int(soon)}", f"e={int(soon) + 1}"),
        signed(path, time.time() - 1, key),
        signed(path, soon, "another key"),
        good.replace(path, f"/pub/%2e%2e{path}").partition("?")[0],
    ]
    assert [ask(facts["cdn"] + url).status for url in refused] == [403] * len(refused)


def test_a_purged_object_is_fetched_again(
    facts: dict[str, Any], storage: "S3Client", secrets: Credentials, path: str
) -> None:
    ask(facts["cdn"] + path)
    storage.delete_object(Bucket=BUCKET, Key=path[1:])
    assert ask(facts["cdn"] + path).headers["X-Cache"] == "HIT"
    wrong = ask(f"{facts['cdn']}/_purge", "POST", path.encode(), X_Purge_Token="guess")
    assert (wrong.status, ask(facts["cdn"] + path).status) == (403, 200)
    paths = f"{path}\n/pub/never-seen\n".encode()
    purged = ask(f"{facts['cdn']}/_purge", "POST", paths, X_Purge_Token=secrets.cdn_purge_token)
    assert purged.body.decode() == f"purged {path}\nabsent /pub/never-seen\n"
    assert ask(facts["cdn"] + path).status == 404


def test_that_an_object_was_missing_is_not_remembered(facts: dict[str, Any], storage: "S3Client") -> None:
    key = f"pub/{uuid.uuid4().hex}"
    assert ask(f"{facts['cdn']}/{key}").body == b"not found\n"
    storage.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    assert ask(f"{facts['cdn']}/{key}").status == 200


def test_cached_objects_are_served_while_the_storage_is_away(running: Running, path: str) -> None:
    cdn = running.facts()["cdn"]
    ask(cdn + path)
    running.ask("kill", "s3")
    assert ask(cdn + path).status == 200


def test_an_original_goes_in_by_a_presigned_url_and_does_not_come_out(
    facts: dict[str, Any], secrets: Credentials
) -> None:
    key = f"up/{uuid.uuid4().hex}"
    parameters = {"Bucket": BUCKET, "Key": key, "ContentType": "image/jpeg", "ContentLength": 5}
    url = client(facts["upload"], secrets).generate_presigned_url("put_object", Params=parameters)
    origin = facts["url"]
    assert ask(url, "PUT", b"longer", Content_Type="image/jpeg", Origin=origin).status == 403
    taken = ask(url, "PUT", b"right", Content_Type="image/jpeg", Origin=origin)
    assert (taken.status, taken.headers.get_all("Access-Control-Allow-Origin")) == (200, [origin])
    assert taken.headers["ETag"] == f'"{hashlib.md5(b"right", usedforsecurity=False).hexdigest()}"'
    readers = [f"{facts['cdn']}/{key}", f"{facts['cdn']}/{BUCKET}/{key}", f"{facts['upload']}/{BUCKET}/{key}"]
    assert [ask(reader).status for reader in readers] == [404, 404, 405]
    assert ask(f"{facts['s3']}/{BUCKET}/{key}").status == 403


def test_what_is_presigned_for_reading_comes_out_as_a_download(
    facts: dict[str, Any], secrets: Credentials, storage: "S3Client"
) -> None:
    for key in (f"up/{uuid.uuid4().hex}", f"priv/{uuid.uuid4().hex}"):
        storage.put_object(Bucket=BUCKET, Key=key, Body=b"right")
        parameters = {
            "Bucket": BUCKET,
            "Key": key,
            "ResponseContentDisposition": "attachment; filename=a.jpg",
        }
        url = client(facts["upload"], secrets).generate_presigned_url("get_object", Params=parameters)
        given = ask(url)
        assert (given.status, given.body) == (200, b"right")
        assert given.headers["Content-Disposition"] == "attachment; filename=a.jpg"
        assert ask(url[:-4] + "beef").status == 403
        assert ask(url.partition("?")[0]).status in {404, 405}


def test_only_pages_of_the_site_may_upload(facts: dict[str, Any]) -> None:
    url = f"{facts['upload']}/{BUCKET}/up/x"
    ours = ask(url, "OPTIONS", Origin=facts["url"], Access_Control_Request_Method="PUT")
    assert (ours.status, ours.headers["Access-Control-Allow-Origin"]) == (200, facts["url"])
    assert "PUT" in ours.headers["Access-Control-Allow-Methods"]
    theirs = ask(url, "OPTIONS", Origin="https://evil.example", Access_Control_Request_Method="PUT")
    assert theirs.status == 403


@pytest.mark.parametrize("path", ["/media/", "/media/pub/x", "/", "/media/up/../pub/x", "/media/up/%20x"])
def test_the_gateway_takes_nothing_but_originals(facts: dict[str, Any], path: str) -> None:
    assert ask(facts["upload"] + path, "PUT", b"x").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_edge_only_reads(facts: dict[str, Any], path: str, method: str) -> None:
    assert ask(facts["cdn"] + path, method).status == 405


def test_a_request_keeps_its_id_from_the_browser_to_the_logs(running: Running) -> None:
    given = uuid.uuid4().hex
    assert ask(f"{running.facts()['url']}/", X_Request_ID=given).headers.get_all("X-Request-ID") == [given]
    assert ask(f"{running.facts()['url']}/", X_Request_ID="no good").headers["X-Request-ID"] != "no good"
    lines = [json.loads(line) for line in _edge_log(running).read_text().splitlines()]
    line = next(line for line in lines if line["request_id"] == given)
    assert (line["server"], line["path"], line["status"]) == ("site", "/", 200)
    assert "web-" in line["upstream"]


def test_signatures_do_not_reach_the_log(running: Running, facts: dict[str, Any]) -> None:
    ask(f"{facts['cdn']}/priv/x?e=1&s=secret-signature")
    assert "secret-signature" not in _edge_log(running).read_text()


def _edge_log(running: Running) -> Path:
    return running.var / "log" / "edge-access.log"
