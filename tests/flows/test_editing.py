"""The edits that the editor's page sends, through HTTP."""

import pytest
from django.test import Client

from accounts.models import User
from tests.cast import make_photo

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize("body", ["", "[]", "3", "{", "\xff", '{"edits": 3}', '{"edits": {"turns": "x"}}'])
def test_what_are_no_edits_is_refused_with_a_sentence(body: str, alice: User) -> None:
    client, photo = Client(), make_photo(alice)
    client.force_login(alice)
    answer = client.post(f"/p/{photo.pid}/edit/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    photo.refresh_from_db()
    assert photo.edits == {}
