"""The admin of people: accounts are deactivated or erased, never deleted."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import Erasure, User

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", "root@example.com", "secret")


@pytest.fixture
def admin(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


def test_the_admin_deletes_no_account_and_says_why(admin: Client, alice: User) -> None:
    address = f"/admin/accounts/user/{alice.pk}/"
    page = admin.get(f"{address}change/").content.decode()
    assert "their photos live on a shard and in S3" in page
    assert "delete/" not in page
    assert admin.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    form = {"action": "delete_selected", "_selected_action": [str(alice.pk)], "post": "yes"}
    admin.post("/admin/accounts/user/", form)
    assert User.objects.filter(pk=alice.pk).exists()


def test_a_deactivated_person_is_signed_out_and_has_no_pages(admin: Client, root: User, alice: User) -> None:
    member = Client()
    member.force_login(alice)
    form = {"action": "deactivate", "_selected_action": [str(alice.pk), str(root.pk)]}
    assert "Why (kept in the log)" in admin.post("/admin/accounts/user/", form).content.decode()
    admin.post("/admin/accounts/user/", form | {"is_confirmed": "1", "reason": " "})
    assert member.get("/@alice/").status_code == 200, "not without a reason"
    reasoned = form | {"is_confirmed": "1", "reason": "A fraud"}
    assert admin.post("/admin/accounts/user/", reasoned).status_code == 302
    assert "Deactivated: A fraud" in admin.get("/admin/admin/logentry/").content.decode()
    assert (
        admin.post(f"/admin/admin/logentry/{LogEntry.objects.get().pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    assert "/accounts/login/" in member.get("/").content.decode()
    assert member.get("/@alice/").status_code == 404
    assert not member.login(username="alice", password="alicealice")
    root.refresh_from_db()
    assert root.is_active, "an admin cannot lock themself out"


def test_an_erasure_asks_for_a_reason_and_logs_it(admin: Client, root: User, alice: User) -> None:
    chosen = {"action": "erase", "_selected_action": [str(alice.pk), str(root.pk)]}
    page = admin.post("/admin/accounts/user/", chosen).content.decode()
    assert "@alice (number" in page
    assert "@root" not in page, "the staff is not erased"
    admin.post("/admin/accounts/user/", chosen | {"is_confirmed": "1", "reason": " "})
    assert not Erasure.objects.exists(), "not without a reason"
    admin.post("/admin/accounts/user/", chosen | {"is_confirmed": "1", "reason": "A letter from her"})
    erasure = Erasure.objects.get()
    assert (erasure.user_id, erasure.staff_id, erasure.address) == (alice.pk, root.pk, "alice@example.com")
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == f"Erasure {erasure.reference}: A letter from her"
    assert erasure.reference in admin.get("/admin/accounts/erasure/").content.decode()
    assert not User.objects.get(pk=alice.pk).is_active
    only_staff = {"action": "erase", "_selected_action": [str(root.pk)]}
    assert admin.post("/admin/accounts/user/", only_staff, follow=True).status_code == 200
    assert Erasure.objects.count() == 1


def test_the_right_to_change_people_does_not_allow_erasing(client: Client, alice: User, carol: User) -> None:
    User.objects.filter(pk=carol.pk).update(is_staff=True)
    carol.user_permissions.add(*Permission.objects.filter(codename__in=["change_user", "view_user"]))
    client.force_login(carol)
    form = {"action": "erase", "_selected_action": [str(alice.pk)], "is_confirmed": "1", "reason": "x"}
    client.post("/admin/accounts/user/", form)
    assert not Erasure.objects.exists()
