"""Comments: who may write, change and delete them, and who is told of it on which shard."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import follows
from accounts.models import Follow, User
from photos.models import Photo
from photos.social import comments, counters, notifications
from photos.social.comments import BadComment, NoSuchComment
from photos.text import mentions
from tests.cast import make_neighbour, make_photo, make_user
from tests.photos.jobs.fanout import deliver, owed

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def photo(alice: User) -> Photo:
    return make_photo(alice)


@pytest.fixture
def guest(alice: User) -> User:
    """Somebody on another shard than alice and her photos."""
    return make_neighbour(alice)


def told(user: User) -> list[tuple[str, int]]:
    return [(row.kind, row.actor_id) for row in notifications.latest(user.pk)]


def said(photo: Photo) -> list[tuple[str, list[str]]]:
    thread = comments.thread(photo.pk)
    return [(comment.body, [answer.body for answer in answers]) for comment, answers in thread.comments]


def test_a_comment_is_counted_shown_and_told(photo: Photo, alice: User, guest: User) -> None:
    comments.write(photo, guest.pk, "  What a light!\r\nReally. ")
    deliver()
    assert said(photo) == [("What a light!\nReally.", [])]
    assert counters.counts_for(photo.pk).comments == 1
    assert (told(alice), told(guest)) == ([("commented", guest.pk)], [])


def test_an_answer_stands_below_what_it_answers_however_deep(photo: Photo, alice: User, guest: User) -> None:
    first = comments.write(photo, guest.pk, "First")
    answer = comments.write(photo, alice.pk, "Second", parent_id=first.pk)
    comments.write(photo, guest.pk, "Third", parent_id=answer.pk)
    deliver()
    assert said(photo) == [("First", ["Second", "Third"])]
    assert told(guest) == [("replied", alice.pk)]
    assert told(alice) == [("commented", guest.pk)] * 2, "the third answers the guest's own comment"


def test_each_is_told_once_of_what_concerns_them_most(photo: Photo, alice: User, guest: User) -> None:
    third = make_user("third")
    first = comments.write(photo, third.pk, "First")
    text = f"@alice, @{guest.username.upper()} and @third: look. @nobody"
    comments.write(photo, guest.pk, text, parent_id=first.pk)
    deliver()
    assert told(third) == [("replied", guest.pk)]
    assert told(alice) == [("mentioned", guest.pk), ("commented", third.pk)]
    assert told(guest) == [], "nobody is told of what they wrote themself"


def test_who_may_not_see_the_photo_is_not_told_by_a_mention(alice: User, bob: User, carol: User) -> None:
    photo = make_photo(alice, visibility="followers")
    comments.write(photo, alice.pk, "@bob @carol")
    private = make_photo(alice, visibility="private")
    comments.write(private, alice.pk, "@bob @alice")
    deliver()
    assert (told(bob), told(carol), told(alice)) == ([("mentioned", alice.pk)], [], [])


def test_an_edit_tells_those_it_newly_mentions_and_nobody_twice(
    photo: Photo, alice: User, guest: User
) -> None:
    comment = comments.write(photo, guest.pk, "One")
    deliver()
    notifications.mark_read(alice.pk, 2**62)
    third = make_user("third")
    edited = comments.edit(photo, comment.pk, guest.pk, "Two @third")
    assert (edited.body, edited.edited_at is not None) == ("Two @third", True)
    comments.edit(photo, comment.pk, guest.pk, "Two @third")
    deliver()
    assert told(third) == [("mentioned", guest.pk)]
    assert notifications.unread_count(alice.pk) == 0
    assert counters.counts_for(photo.pk).comments == 1


def test_only_its_author_edits_and_only_author_and_owner_delete(
    photo: Photo, alice: User, guest: User, carol: User
) -> None:
    comment = comments.write(photo, guest.pk, "One")
    for person in (alice, carol):
        with pytest.raises(NoSuchComment):
            comments.edit(photo, comment.pk, person.pk, "Mine now")
    with pytest.raises(NoSuchComment):
        comments.delete(comment.pk, carol.pk)
    assert said(photo) == [("One", [])]
    comments.delete(comment.pk, alice.pk)
    assert said(photo) == []
    again = comments.write(photo, guest.pk, "Two")
    comments.delete(again.pk, guest.pk)
    with pytest.raises(NoSuchComment):
        comments.delete(again.pk, guest.pk)
    deliver()
    assert (counters.counts_for(photo.pk).comments, told(alice)) == (0, [])


def test_what_was_answered_keeps_its_place_without_words(photo: Photo, alice: User, guest: User) -> None:
    first = comments.write(photo, guest.pk, "First")
    answer = comments.write(photo, alice.pk, "Second", parent_id=first.pk)
    comments.delete(first.pk, guest.pk)
    assert said(photo) == [("", ["Second"])]
    with pytest.raises(NoSuchComment):
        comments.write(photo, guest.pk, "Third", parent_id=first.pk)
    comments.delete(answer.pk, alice.pk)
    assert said(photo) == []


def test_what_cannot_be_a_comment_is_refused_with_a_sentence(photo: Photo, alice: User) -> None:
    for body, words in (
        ("", "nothing to post"),
        (" \n", "nothing to post"),
        ("x" * 2001, "longer than 2,000"),
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
    shown = [comment.body for page in (third, second, first) for comment, _ in page.comments]
    assert (shown, third.earlier) == (made, None)


def test_people_who_are_not_here_any_more_are_told_nothing(photo: Photo, alice: User, guest: User) -> None:
    comments.write(photo, guest.pk, "One")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    deliver()
    assert told(alice) == []


STEPS = st.lists(st.sampled_from(["write", "edit", "delete", "answer"]), min_size=1, max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS, order=st.randoms(use_true_random=False))
def test_every_order_and_repetition_of_events_ends_with_the_truth(
    alice: User, steps: list[str], order: Any
) -> None:
    photo, guest = make_photo(alice), make_neighbour(alice)
    alive: list[int] = []
    known = {event.pk for event in owed()}  # those of examples before this one
    for number, step in enumerate(steps):
        if step == "write" or not alive:
            alive.append(comments.write(photo, guest.pk, f"{number}").pk)
        elif step == "answer":
            alive.append(comments.write(photo, guest.pk, f"{number}", parent_id=alive[0]).pk)
        elif step == "edit":
            comments.edit(photo, alive[-1], guest.pk, f"{number}")
        else:
            comments.delete(alive.pop(), guest.pk)
    events = [event for event in owed() if event.pk not in known] * 3
    order.shuffle(events)
    deliver(*events)
    rows = [row for row in notifications.latest(alice.pk) if row.photo_id == photo.pk]
    assert sorted(row.comment_id or 0 for row in rows) == sorted(alive)
    assert counters.counts_for(photo.pk).comments == len(alive)


def test_a_follow_is_told_and_its_end_takes_that_back(alice: User) -> None:
    fan = make_neighbour(alice)
    follows.follow(fan, alice)
    deliver()
    assert told(alice) == [("followed", fan.pk)]
    follows.unfollow(fan, alice)
    follows.unfollow(fan, alice)
    assert len(owed()) == 2
    deliver(*reversed(owed()))
    assert told(alice) == []
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
def test_no_text_gets_out_of_a_comment(text: str) -> None:
    html = mentions.to_html(text)
    bare = html.replace("</a>", "")
    assert bare.count("<") == html.count('<a href="/@')


def test_a_mention_is_a_link() -> None:
    assert mentions.to_html("Hi @Ana <b>") == 'Hi <a href="/@ana/">@Ana</a> &lt;b&gt;'
