"""Comments: who may write, edit and delete them, and who is notified on which shard."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Follow, User
from accounts.relations import follows
from photos.models import Photo
from photos.social import comments, counters, notifications
from photos.social.comments import BadComment, NoSuchComment
from photos.text import mentions
from tests.cast import make_neighbour, make_photo, make_user
from tests.photos.jobs.fanout import deliver, owed
from tests.photos.social.notices import notices_of
from tests.tiers import database_examples

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def guest(alice: User) -> User:
    """Return a person on another shard than alice and her photos."""
    return make_neighbour(alice)


def threads_of(photo: Photo) -> list[tuple[str, list[str]]]:
    thread = comments.thread(photo.pk)
    return [(comment.body, [answer.body for answer in answers]) for comment, answers in thread.comments]


def test_a_comment_is_counted_shown_and_notified(photo: Photo, alice: User, guest: User) -> None:
    comments.write(photo, guest.pk, "  What a light!\r\nReally. ")
    deliver()
    assert threads_of(photo) == [("What a light!\nReally.", [])]
    assert counters.counts_for(photo.pk).comments == 1
    assert (notices_of(alice), notices_of(guest)) == ([("commented", guest.pk)], [])


def test_an_answer_to_an_answer_joins_the_same_thread(photo: Photo, alice: User, guest: User) -> None:
    first = comments.write(photo, guest.pk, "First")
    answer = comments.write(photo, alice.pk, "Second", parent_id=first.pk)
    comments.write(photo, guest.pk, "Third", parent_id=answer.pk)
    deliver()
    assert threads_of(photo) == [("First", ["Second", "Third"])]
    assert notices_of(guest) == [("replied", alice.pk)]
    assert notices_of(alice) == [("commented", guest.pk)] * 2, (
        "the third one replies to the guest's own comment"
    )


def test_each_person_gets_one_notification_of_the_strongest_kind(
    photo: Photo, alice: User, guest: User
) -> None:
    third = make_user("third")
    first = comments.write(photo, third.pk, "First")
    text = f"@alice, @{guest.username.upper()} and @third: look. @nobody"
    comments.write(photo, guest.pk, text, parent_id=first.pk)
    deliver()
    assert notices_of(third) == [("replied", guest.pk)]
    assert notices_of(alice) == [("mentioned", guest.pk), ("commented", third.pk)]
    assert notices_of(guest) == [], "authors are not notified of their own comments"


def test_a_mention_notifies_only_people_who_may_see_the_photo(alice: User, bob: User, carol: User) -> None:
    photo = make_photo(alice, visibility="followers")
    comments.write(photo, alice.pk, "@bob @carol")
    private = make_photo(alice, visibility="private")
    comments.write(private, alice.pk, "@bob @alice")
    deliver()
    assert (notices_of(bob), notices_of(carol), notices_of(alice)) == ([("mentioned", alice.pk)], [], [])


def test_an_edit_notifies_newly_mentioned_people_once(photo: Photo, alice: User, guest: User) -> None:
    comment = comments.write(photo, guest.pk, "One")
    deliver()
    notifications.mark_read(alice.pk, 2**62)
    third = make_user("third")
    edited = comments.edit(photo, comment.pk, guest.pk, "Two @third")
    assert (edited.body, edited.edited_at is not None) == ("Two @third", True)
    comments.edit(photo, comment.pk, guest.pk, "Two @third")
    deliver()
    assert notices_of(third) == [("mentioned", guest.pk)]
    assert notifications.unread_count(alice.pk) == 0
    assert counters.counts_for(photo.pk).comments == 1


def test_the_author_edits_and_author_or_owner_delete(
    photo: Photo, alice: User, guest: User, carol: User
) -> None:
    comment = comments.write(photo, guest.pk, "One")
    for person in (alice, carol):
        with pytest.raises(NoSuchComment):
            comments.edit(photo, comment.pk, person.pk, "Mine now")
    with pytest.raises(NoSuchComment):
        comments.delete(comment.pk, carol.pk)
    assert threads_of(photo) == [("One", [])]
    comments.delete(comment.pk, alice.pk)
    assert threads_of(photo) == []
    again = comments.write(photo, guest.pk, "Two")
    comments.delete(again.pk, guest.pk)
    with pytest.raises(NoSuchComment):
        comments.delete(again.pk, guest.pk)
    deliver()
    assert (counters.counts_for(photo.pk).comments, notices_of(alice)) == (0, [])


def test_a_deleted_comment_with_answers_keeps_its_place(photo: Photo, alice: User, guest: User) -> None:
    first = comments.write(photo, guest.pk, "First")
    answer = comments.write(photo, alice.pk, "Second", parent_id=first.pk)
    comments.delete(first.pk, guest.pk)
    assert threads_of(photo) == [("", ["Second"])]
    with pytest.raises(NoSuchComment):
        comments.write(photo, guest.pk, "Third", parent_id=first.pk)
    comments.delete(answer.pk, alice.pk)
    assert threads_of(photo) == []


def test_empty_and_long_texts_are_refused_with_a_sentence(photo: Photo, alice: User) -> None:
    for body, words in (
        ("", "write a comment first"),
        (" \n", "write a comment first"),
        ("x" * 2001, "up to 2,000"),
    ):
        with pytest.raises(BadComment, match=words):
            comments.write(photo, alice.pk, body)
    assert comments.write(photo, alice.pk, "\r\n".join(["x"] * 1000)).body.count("\n") == 999


def test_an_answer_is_for_a_comment_of_the_same_photo(photo: Photo, alice: User, guest: User) -> None:
    elsewhere = comments.write(make_photo(guest), guest.pk, "Elsewhere")
    next_door = comments.write(make_photo(alice), guest.pk, "Next door")
    for comment in (elsewhere, next_door):
        with pytest.raises(NoSuchComment):
            comments.write(photo, alice.pk, "x", parent_id=comment.pk)
    assert counters.counts_for(photo.pk).comments == 0


def test_pages_of_comments_follow_on_each_other_oldest_first(photo: Photo, alice: User) -> None:
    made = [comments.write(photo, alice.pk, str(number)).body for number in range(7)]
    first = comments.thread(photo.pk, limit=3)
    second = comments.thread(photo.pk, before=first.earlier, limit=3)
    third = comments.thread(photo.pk, before=second.earlier, limit=3)
    bodies = [comment.body for page in (third, second, first) for comment, _ in page.comments]
    assert (bodies, third.earlier) == (made, None)


def test_inactive_people_are_not_notified(photo: Photo, alice: User, guest: User) -> None:
    comments.write(photo, guest.pk, "One")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    deliver()
    assert notices_of(alice) == []


STEPS = st.lists(st.sampled_from(["write", "edit", "delete", "answer"]), min_size=1, max_size=8)


@database_examples()
@given(steps=STEPS, order=st.randoms(use_true_random=False))
def test_every_order_and_repetition_of_events_ends_in_the_same_state(
    alice: User, guest: User, steps: list[str], order: Any
) -> None:
    photo = make_photo(alice)
    alive: list[int] = []
    earlier = {event.pk for event in owed()}  # events of the examples before this one
    for number, step in enumerate(steps):
        if step == "write" or not alive:
            alive.append(comments.write(photo, guest.pk, f"{number}").pk)
        elif step == "answer":
            alive.append(comments.write(photo, guest.pk, f"{number}", parent_id=alive[0]).pk)
        elif step == "edit":
            comments.edit(photo, alive[-1], guest.pk, f"{number}")
        else:
            comments.delete(alive.pop(), guest.pk)
    events = [event for event in owed() if event.pk not in earlier] * 3
    order.shuffle(events)
    deliver(*events)
    rows = [row for row in notifications.latest(alice.pk) if row.photo_id == photo.pk]
    assert sorted(row.comment_id or 0 for row in rows) == sorted(alive)
    assert counters.counts_for(photo.pk).comments == len(alive)


def test_a_follow_notifies_and_an_unfollow_takes_the_notification_back(alice: User) -> None:
    fan = make_neighbour(alice)
    follows.follow(fan, alice)
    deliver()
    assert notices_of(alice) == [("followed", fan.pk)]
    follows.unfollow(fan, alice)
    follows.unfollow(fan, alice)
    assert len(owed()) == 2
    deliver(*reversed(owed()))
    assert notices_of(alice) == []
    assert not Follow.objects.exists()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ana", ["ana"]),
        ("Thanks, @Ana.", ["ana"]),
        ("(@ana_b, @b.c!)", ["ana_b", "b.c"]),
        ("@ana @ANA", ["ana"]),
        ("a@b.com /@ana @@ana", []),
        ("@ana@elsewhere.example", []),
        ("@b.c@b.c, @b.c...", ["b.c"]),
        ("@", []),
        (" ".join(f"@x{n}" for n in range(30)), [f"x{n}" for n in range(10)]),
    ],
)
def test_who_is_mentioned(text: str, names: list[str]) -> None:
    assert mentions.usernames(text) == names


@given(st.text())
def test_no_text_breaks_out_of_the_html_of_a_comment(text: str) -> None:
    html = mentions.to_html(text)
    bare = html.replace("</a>", "")
    assert bare.count("<") == html.count('<a href="/@')


def test_a_mention_is_a_link() -> None:
    assert mentions.to_html("Hi @Ana <b>") == 'Hi <a href="/@ana/">@Ana</a> &lt;b&gt;'
