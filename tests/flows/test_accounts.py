"""Signing up, in and out, through HTTP."""

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from accounts.models import User

pytestmark = pytest.mark.django_db(databases="__all__")

SIGN_UP = {"email": "dora@example.com", "username": "Dora", "password1": "quite a long secret"}


@pytest.fixture
def signed_up(client: Client) -> Client:
    response = client.post("/accounts/signup/", SIGN_UP)
    assert response.status_code == 302, response.context["form"].errors
    return client


def test_signing_up_signs_in_and_leads_home(signed_up: Client) -> None:
    assert User.objects.get().username == "dora"
    page = signed_up.get("/").content.decode()
    assert "/accounts/logout/" in page


def test_a_name_that_is_taken_is_refused_in_any_case(signed_up: Client) -> None:
    response = Client().post(
        "/accounts/signup/", SIGN_UP | {"email": "other@example.com", "username": "DORA"}
    )
    assert response.status_code == 200
    assert "username" in response.context["form"].errors


def test_an_address_that_is_taken_is_said_at_sign_up_but_not_without_limit(signed_up: Client) -> None:
    again = SIGN_UP | {"email": "DORA@example.com", "username": "dora2"}
    assert "email" in Client().post("/accounts/signup/", again).context["form"].errors
    answers = {Client().post("/accounts/signup/", again).status_code for _ in range(20)}
    assert answers == {200, 429}


def test_signing_in_works_with_name_or_mail_address(signed_up: Client) -> None:
    for login in ("dora", "dora@example.com"):
        client = Client()
        response = client.post("/accounts/login/", {"login": login, "password": SIGN_UP["password1"]})
        assert (response.status_code, response["Location"]) == (302, "/")


def test_a_wrong_password_says_so_and_signs_nobody_in(signed_up: Client) -> None:
    client = Client()
    response = client.post("/accounts/login/", {"login": "dora", "password": "wrong"})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert "sessionid" not in client.cookies


def test_signing_out_takes_a_post(signed_up: Client) -> None:
    assert signed_up.get("/accounts/logout/").status_code == 200
    signed_up.post("/accounts/logout/")
    assert "/accounts/login/" in signed_up.get("/").content.decode()


def test_a_forgotten_password_is_reset_by_mail(signed_up: Client) -> None:
    mail.outbox.clear()
    client = Client()
    assert client.post("/accounts/password/reset/", {"email": "dora@example.com"}).status_code == 302
    link = re.search(r"https?://\S+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    form = client.get(link[1], follow=True)
    address = form.redirect_chain[-1][0]
    new = "another long secret"
    assert client.post(address, {"password1": new, "password2": new}).status_code == 302
    signed_in = Client().post("/accounts/login/", {"login": "dora", "password": new})
    assert signed_in.status_code == 302


def test_a_session_survives_the_loss_of_valkey(signed_up: Client) -> None:
    durable: Any = caches["durable"]
    durable.delete_pattern("*")
    assert "/accounts/logout/" in signed_up.get("/").content.decode()


def test_the_site_answers_signed_in_while_valkey_is_away(signed_up: Client, settings: Settings) -> None:
    away = {**settings.CACHES["durable"], "LOCATION": "unix:///nowhere.sock"}
    settings.CACHES = {**settings.CACHES, "durable": away}
    assert "/accounts/logout/" in signed_up.get("/").content.decode()


def test_pages_for_members_ask_to_sign_in(client: Client, alice: User) -> None:
    for address in ("/upload/", "/people/"):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={address}")


def test_a_fragment_asked_for_after_signing_out_leads_the_page_to_sign_in(
    client: Client, alice: User
) -> None:
    script = {"HX-Request": "true", "HX-Current-URL": "http://testserver/@alice/?x=1"}
    for response in (
        client.post("/@alice/follow/", {"following": "1"}, headers=script),
        client.get("/?before=2", headers=script),
    ):
        assert response.status_code == 204
        assert response["HX-Redirect"] == "/accounts/login/?next=%2F%40alice%2F"


def test_a_form_sent_after_signing_out_leads_back_to_its_page(client: Client, alice: User) -> None:
    answer = client.post(
        "/@alice/follow/", {"following": "1"}, headers={"Referer": "http://testserver/@alice/"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/%40alice/")


def test_pages_and_their_fragments_are_cached_apart(client: Client, alice: User) -> None:
    assert "HX-Request" in client.get("/@alice/")["Vary"]


def test_following_and_unfollowing_by_form_and_by_htmx(client: Client, alice: User, carol: User) -> None:
    client.force_login(carol)
    assert client.post("/@alice/follow/", {"following": "1"})["Location"] == "/@alice/"
    assert carol.following.filter(followee=alice).exists()
    fragment = client.post("/@alice/follow/", {"following": "0"}, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert not carol.following.exists()
    assert client.post("/@carol/follow/", {"following": "1"}).status_code == 400
