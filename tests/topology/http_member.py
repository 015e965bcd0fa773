"""A member who uses the site by HTTP without a browser, and retries what fails, as the page's script does."""

import hashlib
import http.cookiejar
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.objects import put

T = TypeVar("T")

PASSWORD = "quite a long secret"


class Unavailable(Exception):
    """The site did not answer, or answered 5xx."""


@dataclass
class Answer:
    """A response with its body."""

    status: int
    text: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.text)


class Member:
    """A user with a cookie jar."""

    def __init__(self, site: str, username: str) -> None:
        self.site, self.username = site, username
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        # The ids that the site gave to this member's requests: by them their lines are found in the logs.
        self.request_ids = set[str]()

    def sign_up(self) -> None:
        """Create the account and sign in."""
        self.get("/accounts/signup/")
        form = {"email": f"{self.username}@example.com", "username": self.username, "password1": PASSWORD}
        answer = self.post_form("/accounts/signup/", form)
        assert answer.url == f"{self.site}/", answer.text

    def get(self, path: str) -> Answer:
        """GET a page."""
        return self._open(urllib.request.Request(self.site + path))

    def post_form(self, path: str, form: dict[str, str]) -> Answer:
        """POST a form with the CSRF token."""
        body = urllib.parse.urlencode(form | {"csrfmiddlewaretoken": self.cookie("csrftoken")}).encode()
        return self._open(urllib.request.Request(self.site + path, data=body, headers={"Referer": self.site}))

    def post_json(self, path: str, data: object) -> Answer:
        """POST JSON with the CSRF token."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.cookie("csrftoken")}
        body = json.dumps(data).encode()
        return self._open(urllib.request.Request(self.site + path, data=body, headers=headers))

    def cookie(self, name: str) -> str:
        """Return a cookie's value, empty when there is none."""
        return next((cookie.value or "" for cookie in self.jar if cookie.name == name), "")

    def upload(
        self, body: bytes, name: str = "photo.jpg", visibility: str = "public", *, seconds: float = 60
    ) -> str:
        """Announce, put and finish one photo, trying again as the page's script does; return its pid."""
        return persistently(lambda: self._upload_once(body, name, visibility), seconds)

    def _upload_once(self, body: bytes, name: str, visibility: str) -> str:
        file = {
            "name": name,
            "size": len(body),
            "type": "image/jpeg",
            "sha256": hashlib.sha256(body).hexdigest(),
            "visibility": visibility,
        }
        (offer,) = self.post_json("/api/uploads/", {"files": [file]}).json()["uploads"]
        if offer.get("duplicate"):
            return str(offer["pid"])
        try:
            status = put(offer["url"], offer["headers"], body)
        except OSError as error:
            raise Unavailable from error
        if status not in {200, 412}:
            raise Unavailable(f"PUT answered {status}")
        answer = self.post_json("/api/uploads/finish/", {"ticket": offer["ticket"]})
        if answer.status not in {200, 201}:
            raise Unavailable(f"finish answered {answer.status}")
        return str(answer.json()["pid"])

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            with self.opener.open(request, timeout=20) as response:
                self.request_ids.add(response.headers["X-Request-ID"])
                return Answer(response.status, response.read().decode(), response.url, dict(response.headers))
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise Unavailable(f"{error.code} {request.full_url}") from error
            return Answer(error.code, error.read().decode(), error.url, dict(error.headers))
        except OSError as error:
            raise Unavailable(str(error)) from error


def persistently(act: Callable[[], T], seconds: float = 60) -> T:
    """Return what `act` returns, trying again while the site is unavailable."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return act()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
