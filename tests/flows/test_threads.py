"""Long threads below a photo, and threads between two users after one has blocked the other, through HTTP."""

import re

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Avoidance, User
from accounts.relations import blocking
from photos.models import Comment, Photo
from photos.social import comments, inbox, notifications
from tests.cast import make_user, signed_in
from tests.flows.test_social import HTMX, text
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")


def test_every_answer_can_be_read_page_by_page(photo: Photo, guest: User) -> None:
    first = comments.write(photo, guest.pk, "First")
    other = comments.write(photo, guest.pk, "Other")
    for number in range(23):
        comments.write(photo, guest.pk, f"Answer {number}.", parent_id=first.pk)
    comments.write(photo, guest.pk, "A short one", parent_id=other.pk)
    client, page = Client(), Client().get(photo.get_absolute_url())
    assert "A short one" in text(page), "a long conversation takes nothing from another one"
    seen, html = [page], page.content.decode()
    while plain := re.search(r'href="([^"]+)"[^>]*>Earlier answers<', html):
        path = plain[1].replace("&amp;", "&").partition("#")[0]
        seen.append(client.get(path))
        html = seen[-1].content.decode()
    bodies = " ".join(each.content.decode() for each in seen)
    found = [bodies.count(f'comment-body">Answer {number}.<') for number in range(23)]
    assert found == [1] * 23
    assert len(seen) == 3


def test_earlier_answers_come_as_a_fragment(photo: Photo, guest: User) -> None:
    first = comments.write(photo, guest.pk, "First")
    for number in range(11):
        comments.write(photo, guest.pk, f"Answer {number}.", parent_id=first.pk)
    page = signed_in(guest).get(photo.get_absolute_url())
    assert "Answer 0." not in text(page)
    (address,) = re.findall(r'hx-get="([^"]+\?of=[^"]+)"', page.content.decode())
    address = address.replace("&amp;", "&")
    fragment = signed_in(guest).get(address, headers=HTMX)
    assert "Answer 0." in text(fragment)
    assert "Answer 1." not in text(fragment)
    assert b"<html" not in fragment.content
    assert "Earlier answers" not in text(fragment)
    plain = signed_in(guest).get(address)["Location"]
    assert "Answer 0." in text(signed_in(guest).get(plain.partition("#")[0]))
    assert signed_in(guest).get(re.sub(r"of=\d+", "of=5", address), headers=HTMX).status_code == 404


def test_an_early_answer_that_is_changed_stays_before_its_readers_eyes(photo: Photo, guest: User) -> None:
    first = comments.write(photo, guest.pk, "First")
    made = [comments.write(photo, guest.pk, f"Answer {n}.", parent_id=first.pk) for n in range(15)]
    client, address = signed_in(guest), photo.get_absolute_url()
    early = f"{address}comments/{made[2].pk}/"
    fragment = client.post(early, {"body": "Other words"}, headers=HTMX)
    assert "Other words" in text(fragment)
    assert "Answer 14." in text(fragment)
    assert "Answer 1." not in text(fragment)
    assert "Earlier answers" in text(fragment)
    assert "Once more" in text(client.post(early, {"body": "Once more"}, follow=True))
    late = client.post(f"{address}comments/{made[14].pk}/", {"body": "The last"}, headers=HTMX)
    assert "Once more" not in text(late), "the latest, as on the page"


def url_of(person: User, comment: Comment) -> str:
    """Return the address to which a user's notification of a comment leads."""
    lines = inbox.page(person).lines
    return next(line.url for line in lines if line.url.endswith(f"#comment-{comment.pk}"))


def test_news_leads_to_a_page_that_has_the_comment(photo: Photo, alice: User, guest: User) -> None:
    old = comments.write(photo, guest.pk, "The oldest")
    answers = [comments.write(photo, guest.pk, f"@alice {n}.", parent_id=old.pk) for n in range(12)]
    last = [comments.write(photo, guest.pk, f"Number {n}.") for n in range(30)][-1]
    deliver()
    assert url_of(alice, last) == f"{photo.get_absolute_url()}#comment-{last.pk}", "no detour to what is new"
    for comment in (old, answers[0], answers[11]):
        page = signed_in(alice).get(url_of(alice, comment).partition("#")[0])
        assert f'id="comment-{comment.pk}"' in page.content.decode(), comment.body


def test_a_cursor_may_have_nineteen_digits(photo: Photo, guest: User) -> None:
    comments.write(photo, guest.pk, "Here")
    assert "Here" in text(Client().get(f"{photo.get_absolute_url()}?comments=1{'0' * 18}"))
    before = Client().get(f"{photo.get_absolute_url()}?comments=1{'0' * 18}")
    assert before.context["is_latest"] is False


def test_nobody_reads_below_a_photo_whom_a_block_keeps_away_from_its_owner(
    photo: Photo, alice: User, guest: User, bob: User
) -> None:
    comment = comments.write(photo, guest.pk, "Something nasty")
    kept = comments.write(photo, bob.pk, "Something nice")
    comments.write(photo, guest.pk, "Nasty again", parent_id=kept.pk)
    blocking.begin(alice, guest, Avoidance.Kind.BLOCK)
    address = photo.get_absolute_url()
    for client in (Client(), signed_in(bob), signed_in(alice)):
        words = text(client.get(address))
        assert "nasty" not in words.lower()
        assert "Something nice" in words
    assert "deleted" not in text(Client().get(address)), "it leaves no trace for others"
    assert text(signed_in(alice).get(address)).count("one of you has blocked the other") == 2
    assert signed_in(alice).post(f"{address}comments/{comment.pk}/delete/").status_code == 302
    assert text(signed_in(alice).get(address)).count("one of you has blocked the other") == 1
    assert not Comment.objects.locate(comment.pk).get().body


def test_whoever_is_blocked_can_take_their_words_back(photo: Photo, alice: User, guest: User) -> None:
    comment = comments.write(photo, guest.pk, "I regret this")
    others = comments.write(photo, alice.pk, "Mine")
    blocking.begin(alice, guest, Avoidance.Kind.BLOCK)
    address = photo.get_absolute_url()
    client = signed_in(guest)
    assert client.get(address).status_code == 404
    assert client.post(f"{address}comments/{comment.pk}/delete/")["Location"] == "/"
    assert not Comment.objects.locate(comment.pk).get().body
    assert client.post(f"{address}comments/{others.pk}/delete/").status_code == 404
    assert Comment.objects.locate(others.pk).get().body


def test_changing_a_comment_over_and_over_notifies_no_crowd(photo: Photo, guest: User) -> None:
    crowd = [make_user(f"member{n}") for n in range(14)]
    client, address = signed_in(guest), photo.get_absolute_url()
    client.post(f"{address}comment/", {"body": "One"})
    comment = Comment.objects.on(photo._state.db or "").get()
    for person in crowd:
        client.post(f"{address}comments/{comment.pk}/", {"body": f"Hello @{person.username}"})
    deliver()
    notified = [person for person in crowd if notifications.latest(person.pk)]
    assert notified == crowd[:10]


def test_changing_a_comment_over_and_over_is_stopped(
    photo: Photo, guest: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.RATE_LIMITS, "comment", {60: 3})  # few enough for a busy machine's minute
    client, address = signed_in(guest), photo.get_absolute_url()
    comment = comments.write(photo, guest.pk, "One")
    for number in range(3):
        client.post(f"{address}comments/{comment.pk}/", {"body": f"Again {number}"})
    answer = client.post(f"{address}comments/{comment.pk}/", {"body": "Once more"}, headers=HTMX)
    assert "try again in a minute" in text(answer)
    comment.refresh_from_db()
    assert comment.body == "Again 2"


def test_news_about_photos_of_people_who_left_is_not_shown(photo: Photo, alice: User, guest: User) -> None:
    comments.write(photo, guest.pk, "First")
    mention = comments.write(photo, make_user("third").pk, f"@{guest.username} look")
    deliver()
    assert url_of(guest, mention)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert inbox.page(guest).lines == []
