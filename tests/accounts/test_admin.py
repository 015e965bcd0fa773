"""People in the admin: kept out when need be, never deleted."""

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", "root@example.com", "secret")


@pytest.fixture
def admin(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


def test_nobody_is_deleted_and_the_page_says_why(admin: Client, alice: User) -> None:
    address = f"/admin/accounts/user/{alice.pk}/"
    page = admin.get(f"{address}change/").content.decode()
    assert "their photos live on a shard and in S3" in page
    assert "delete/" not in page
    assert admin.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    form = {"action": "delete_selected", "_selected_action": [str(alice.pk)], "post": "yes"}
    admin.post("/admin/accounts/user/", form)
    assert User.objects.filter(pk=alice.pk).exists()


def test_the_deactivated_are_signed_out_and_their_pages_are_gone(
    admin: Client, root: User, alice: User
) -> None:
    member = Client()
    member.force_login(alice)
    form = {"action": "deactivate", "_selected_action": [str(alice.pk), str(root.pk)]}
    assert admin.post("/admin/accounts/user/", form).status_code == 302
    assert "/accounts/login/" in member.get("/").content.decode()
    assert member.get("/@alice/").status_code == 404
    assert not member.login(username="alice", password="alicealice")
    root.refresh_from_db()
    assert root.is_active, "nobody locks themself out"
