"""Only the staff gets into the admin."""

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", "root@example.com", "secret")


def test_the_admin_sends_to_the_sites_own_sign_in_and_back(client: Client, root: User) -> None:
    page = client.get("/admin/", follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    form = {"login": "root", "password": "secret", "next": "/admin/"}
    assert client.post("/accounts/login/", form)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_the_admins_own_form_signs_nobody_in(client: Client, root: User) -> None:
    answer = client.post("/admin/login/?next=/admin/", {"username": "root", "password": "secret"})
    assert answer["Location"].startswith("/accounts/login/")
    assert client.get("/admin/").status_code == 302


def test_guessing_a_password_is_limited(client: Client, root: User) -> None:
    form = {"login": "root", "password": "wrong", "next": "/admin/"}
    for _ in range(5):
        client.post("/accounts/login/", form)
    refused = client.post("/accounts/login/", form | {"password": "secret"})
    assert refused.status_code == 200
    assert "Too many failed login attempts" in refused.content.decode()
    assert client.get("/admin/").status_code == 302


def test_a_member_who_is_not_of_the_staff_is_refused(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/admin/", follow=True).status_code == 403
