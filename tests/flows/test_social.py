"""Liking, commenting, notifications of both and favourites, through HTTP."""

import re

import pytest
from django.conf import settings
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client

from accounts.models import Follow, User
from photos.models import Comment, Photo
from photos.social import comments, counters, notifications
from sharding.consistency import causal
from sharding.consistency.token_store import store
from tests.cast import NOTHING_YET, make_photo, make_user, signed_in
from tests.photos.jobs.fanout import deliver
from tests.sharding.lag import lagging_replicas

__all__ = ["lagging_replicas"]

pytestmark = pytest.mark.django_db(databases="__all__")

HTMX = {"HX-Request": "true"}


@pytest.fixture
def photo(alice: User) -> Photo:
    return make_photo(alice, caption="Ferry in fog")


def text(response: object) -> str:
    """Return the words of a page or fragment, as a reader sees them."""
    assert isinstance(response, HttpResponse)
    words = re.sub(
        r"<script.*?</script>|<head>.*?</head>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL
    )
    return re.sub(r"\s+", " ", words)


def bodies(response: object) -> list[str]:
    """Return what the comments of a page or fragment say, from top to bottom."""
    assert isinstance(response, HttpResponse)
    return re.findall(r'class="comment-body">(.*?)</p>', response.content.decode())


def test_liking_by_form_and_by_htmx(photo: Photo, guest: User) -> None:
    client, address = signed_in(guest), f"/p/{photo.pid}/like/"
    assert client.post(address, {"liked": "1"})["Location"] == photo.get_absolute_url()
    page = client.get(photo.get_absolute_url())
    assert 'aria-pressed="true"' in page.content.decode()
    assert "You like this" in text(page)
    fragment = client.post(address, {"liked": "0"}, headers=HTMX)
    assert b"<html" not in fragment.content
    assert 'aria-pressed="false"' in fragment.content.decode()
    assert counters.counts_for(photo.pk).likes == 0


def test_commenting_answering_changing_and_deleting_by_form(photo: Photo, alice: User, guest: User) -> None:
    guests, owners, address = signed_in(guest), signed_in(alice), photo.get_absolute_url()
    answer = guests.post(f"{address}comment/", {"body": "Where is <that>?"})
    comment = Comment.objects.on(photo._state.db or "").get()
    assert answer["Location"] == f"{address}#comment-{comment.pk}"
    owners.post(f"{address}comment/", {"body": "@alice says: the lake", "parent": str(comment.pk)})
    html = guests.get(address).content.decode()
    assert "Where is &lt;that&gt;?" in html
    assert '<a href="/@alice/">@alice</a> says: the lake' in html
    assert f'id="comment-{comment.pk}"' in html
    guests.post(f"{address}comments/{comment.pk}/", {"body": "Where is it?"})
    assert "Where is it?" in text(guests.get(address))
    assert ", edited" in text(guests.get(address))
    assert owners.post(f"{address}comments/{comment.pk}/delete/").status_code == 302
    page = guests.get(address)
    assert "Where is it?" not in text(page)
    assert "This comment was deleted. " in text(page)
    assert "says: the lake" in text(page)


def test_a_comment_by_htmx_brings_the_new_thread_and_speaks(photo: Photo, guest: User) -> None:
    address = f"/p/{photo.pid}/comment/"
    fragment = signed_in(guest).post(address, {"body": "Lovely"}, headers=HTMX).content.decode()
    assert "<html" not in fragment
    assert "Lovely" in fragment
    assert 'hx-swap-oob="innerHTML:#spoken">Your comment is posted.' in fragment
    assert re.search(r'<h2 id="talk" hx-swap-oob="true">Comments <span class="faint">1<', fragment)


def test_what_is_refused_keeps_its_words(photo: Photo, guest: User) -> None:
    address = f"/p/{photo.pid}/comment/"
    client, long = signed_in(guest), "x" * 2001
    answer = client.post(address, {"body": long}, headers=HTMX)
    assert answer.status_code == 422, "nothing is swapped: the form stays as it is"
    assert answer.content.decode() == "This can have up to 2,000 characters. Please shorten it."
    first = comments.write(photo, guest.pk, "First")
    for path, form in (
        (address, {"body": long}),
        (address, {"body": long, "parent": str(first.pk)}),
        (f"/p/{photo.pid}/comments/{first.pk}/", {"body": long}),
    ):
        page = client.post(path, form)
        assert "up to 2,000 characters" in text(page)
        html = page.content.decode()
        assert f">{long}</textarea>" in html
        assert f'action="{path}"' in html
        assert (f'name="parent" value="{first.pk}"' in html) is ("parent" in form)
    comments.delete(first.pk, guest.pk)
    late = client.post(address, {"body": "Yes", "parent": str(first.pk)}).content.decode()
    assert "has been deleted" in late
    assert 'name="parent"' not in late, "it can still be posted, as a comment of its own"


def test_what_is_said_below_an_earlier_comment_brings_that_one_alone(photo: Photo, guest: User) -> None:
    for number in range(35):
        comments.write(photo, guest.pk, f"Number {number}.")
    second = comments.thread(photo.pk, limit=100).comments[1][0]
    client, address = signed_in(guest), photo.get_absolute_url()
    form = {"body": "An answer", "parent": str(second.pk)}
    answered = client.post(f"{address}comment/", form, headers=HTMX)
    assert bodies(answered) == ["Number 1.", "An answer"]
    edited = client.post(f"{address}comments/{second.pk}/", {"body": "Other words"}, headers=HTMX)
    assert bodies(edited) == ["Other words", "An answer"]
    plain = client.post(f"{address}comment/", form)["Location"]
    assert re.fullmatch(rf"{address}\?comments={second.pk + 1}#comment-\d+", plain)
    assert bodies(client.get(plain)) == ["Number 0.", "Other words", "An answer", "An answer"]
    changed = client.post(f"{address}comments/{second.pk}/", {"body": "Again"})["Location"]
    assert changed == f"{address}?comments={second.pk + 1}#comments"
    last = comments.thread(photo.pk).comments[-1][0]
    gone = client.post(f"{address}comments/{last.pk}/delete/", headers=HTMX)
    assert bodies(gone) == []
    assert "The comment is deleted." in text(gone)


def test_a_flood_of_comments_is_stopped(photo: Photo, guest: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.RATE_LIMITS, "comment", {60: 3})  # few enough for a busy machine's minute
    client = signed_in(guest)
    for _ in range(3):
        client.post(f"/p/{photo.pid}/comment/", {"body": "x"})
    answer = client.post(f"/p/{photo.pid}/comment/", {"body": "one more"}, headers=HTMX)
    assert "try again in a minute" in text(answer)
    assert counters.counts_for(photo.pk).comments == 3


@pytest.mark.parametrize("level", ["private", "followers"])
def test_who_may_not_see_a_photo_can_do_nothing_with_it(
    level: str, alice: User, bob: User, carol: User
) -> None:
    photo = make_photo(alice, visibility=level)
    made = signed_in(alice).post(f"/p/{photo.pid}/comment/", {"body": "Secret"})
    comment_id = made["Location"].rpartition("-")[2]
    for path, form in (
        ("like/", {"liked": "1"}),
        ("comment/", {"body": "x"}),
        (f"comments/{comment_id}/", {"body": "x"}),
        (f"comments/{comment_id}/delete/", {}),
    ):
        assert signed_in(carol).post(f"/p/{photo.pid}/{path}", form).status_code == 404, path
        assert Client().post(f"/p/{photo.pid}/{path}", form)["Location"].startswith("/accounts/login/")
    assert signed_in(carol).get(f"/p/{photo.pid}/comments/").status_code == 404
    assert signed_in(bob).post(f"/p/{photo.pid}/like/", {"liked": "1"}).status_code == (
        404 if level == "private" else 302
    )


def test_a_photo_without_a_picture_is_nothing_to_talk_about(alice: User) -> None:
    photo = make_photo(alice, state="processing", **NOTHING_YET)
    client = signed_in(alice)
    assert client.post(f"/p/{photo.pid}/like/", {"liked": "1"}).status_code == 404
    assert "Comments" not in text(client.get(photo.get_absolute_url()))


@pytest.mark.parametrize("number", ["0", "9" * 30, str(2**63), "-1", "x"])
def test_an_address_that_is_no_comment_is_a_404(number: str, photo: Photo, guest: User) -> None:
    assert signed_in(guest).post(f"/p/{photo.pid}/comments/{number}/", {"body": "x"}).status_code == 404
    assert signed_in(guest).post(f"/p/{photo.pid}/comments/{number}/delete/").status_code == 404
    parent = signed_in(guest).post(f"/p/{photo.pid}/comment/", {"body": "x", "parent": number}, follow=True)
    assert parent.status_code == 404 or "comment you answered has been deleted" in text(parent)
    assert signed_in(guest).get(f"{photo.get_absolute_url()}?comments={number}").status_code == 200


def test_earlier_comments_are_a_link_that_works_with_and_without_scripts(photo: Photo, guest: User) -> None:
    for number in range(32):
        comments.write(photo, guest.pk, f"Number {number}.")
    page = Client().get(photo.get_absolute_url())
    assert "Number 31." in text(page)
    assert "Number 1." not in text(page)
    (plain,) = re.findall(r'href="([^"]+\?comments=\d+)#comments"', page.content.decode())
    assert "Number 1." in text(Client().get(plain))
    (address,) = re.findall(r'hx-get="([^"]+comments/\?before=\d+)"', page.content.decode())
    fragment = Client().get(address, headers=HTMX)
    assert "Number 1." in text(fragment)
    assert b"<html" not in fragment.content
    assert Client().get(address)["Location"] == f"{plain}#comments"


def test_news_is_grouped_counted_and_read(photo: Photo, alice: User, guest: User) -> None:
    likers = [guest, *(make_user(f"liker{n}") for n in range(3))]
    for person in likers:
        signed_in(person).post(f"/p/{photo.pid}/like/", {"liked": "1"})
    signed_in(guest).post(f"/p/{photo.pid}/comment/", {"body": "What a morning"})
    signed_in(guest).post("/@alice/follow/", {"following": "1"})
    deliver()
    browser = signed_in(alice)
    assert re.search(r'class="badge">6<', browser.get("/people/").content.decode())
    page = browser.get("/notifications/")
    words = text(page)
    assert "liker2 , liker1 and 2 others like your photo" in words
    assert f"{guest.username} commented on your photo What a morning" in words
    assert f"{guest.username} follows you" in words
    (until,) = re.findall(r'name="until" value="(\d+)"', page.content.decode())
    signed_in(guest).post(f"/p/{photo.pid}/comment/", {"body": "Another"})
    deliver()
    assert "All read" in text(browser.post("/notifications/read/", {"until": until}, headers=HTMX))
    assert notifications.unread_count(alice.pk) == 1, "what came after the page was shown stays new"
    assert browser.post("/notifications/read/", {"until": str(2**62)})["Location"] == "/notifications/"
    assert "badge" not in browser.get("/people/").content.decode()


def test_news_of_what_cannot_be_seen_any_more_vanishes(alice: User, bob: User, guest: User) -> None:
    photo = make_photo(alice, visibility="followers")
    signed_in(alice).post(f"/p/{photo.pid}/comment/", {"body": "@bob look"})
    signed_in(bob).post(f"/p/{photo.pid}/like/", {"liked": "1"})
    deliver()
    theirs = signed_in(bob)
    assert "mentioned you" in text(theirs.get("/notifications/"))
    assert photo.pid in theirs.get("/favourites/").content.decode()
    Follow.objects.all().delete()
    assert "mentioned you" not in text(theirs.get("/notifications/"))
    assert photo.pid not in theirs.get("/favourites/").content.decode()
    Follow.objects.create(follower=bob, followee=alice)
    assert photo.pid in theirs.get("/favourites/").content.decode(), "the like was kept"
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "mentioned you" not in text(theirs.get("/notifications/"))
    assert photo.pid not in theirs.get("/favourites/").content.decode()


def test_news_of_a_comment_that_is_deleted_before_the_event_vanishes(
    photo: Photo, alice: User, guest: User
) -> None:
    made = signed_in(guest).post(f"/p/{photo.pid}/comment/", {"body": "Oops"})
    deliver()
    signed_in(guest).post(f"/p/{photo.pid}/comments/{made['Location'].rpartition('-')[2]}/delete/")
    assert "Oops" not in text(signed_in(alice).get("/notifications/"))


def test_favourites_are_the_latest_first_page_by_page(alice: User, guest: User) -> None:
    client = signed_in(guest)
    photos = [make_photo(alice) for _ in range(26)]
    for each in photos:
        client.post(f"/p/{each.pid}/like/", {"liked": "1"})
    deliver()
    page = client.get("/favourites/").content.decode()
    assert re.findall(r'data-photo="(\w+)"', page) == [each.pid for each in photos[:1:-1]]
    (address,) = re.findall(r'hx-get="(/favourites/\?before=\w+)"', page)
    rest = client.get(address, headers=HTMX).content.decode()
    assert re.findall(r'data-photo="(\w+)"', rest) == [photos[1].pid, photos[0].pid]


def test_empty_pages_invite(carol: User) -> None:
    assert "No favourites yet" in text(signed_in(carol).get("/favourites/"))
    assert "No notifications yet" in text(signed_in(carol).get("/notifications/"))


def test_pages_of_ones_own_ask_to_sign_in(client: Client, alice: User) -> None:
    for address in ("/favourites/", "/notifications/"):
        assert client.get(address)["Location"] == f"/accounts/login/?next={address}"
        assert signed_in(alice).head(address).status_code == 200


def test_whoever_is_told_sees_it_on_replicas_that_have_not_heard_of_it(
    photo: Photo, alice: User, guest: User, lagging_replicas: None
) -> None:
    """The recipient's first request after the event goes to primaries only by the token that the event handed over."""
    liker, owner = signed_in(guest), signed_in(alice)
    caches["durable"].delete_pattern("causal:*")  # type: ignore[attr-defined]  # of django-redis
    for person in (alice, guest):
        store.merge(str(person.pk), {"default": 1})  # they are signed in; of the shards they know nothing
    assert "likes your photo" not in text(owner.get("/notifications/"))
    with causal.session():
        liker.post(f"/p/{photo.pid}/like/", {"liked": "1"})
        deliver()
    page = owner.get("/notifications/")
    assert "likes your photo" in text(page)
    assert owner.get(photo.get_absolute_url()).status_code == 200
    assert photo.pid in liker.get("/favourites/").content.decode()


def test_a_notification_carries_its_token_in_case_what_was_promised_is_lost(
    photo: Photo, alice: User, guest: User
) -> None:
    with causal.session():
        signed_in(guest).post(f"/p/{photo.pid}/like/", {"liked": "1"})
        deliver()
    with causal.session() as session:
        (row,) = notifications.latest(alice.pk)
        assert session.required() == session.accepted
        assert photo._state.db in session.accepted, row.token
