"""Users who write and look at once, each on two devices; a ledger records what they saw."""

from tests.topology import jpeg_factory
from tests.topology.http_member import PASSWORD, Answer, Member
from tests.topology.running import Topology
from tests.topology.test_kills import wait_until_ready
from tests.topology.test_notifications import Ledger, wait_for_notification

# In which rounds an action runs: likes and comments have rate limits, and an upload takes long.
LIKES_EVERY, SETTINGS_EVERY, COMMENTS_EVERY, UPLOADS_EVERY = 3, 5, 25, 40


class Person:
    """A user with a laptop and a phone: two cookie jars, one account."""

    def __init__(self, topology: Topology, username: str) -> None:
        self.username = username
        self.laptop, self.phone = Member(topology.site, username), Member(topology.site, username)
        self.laptop.sign_up()
        self.phone.get("/accounts/login/")
        self.phone.post_form("/accounts/login/", {"login": username, "password": PASSWORD})


class Couple:
    """An owner and a visitor of their photo."""

    def __init__(self, topology: Topology, number: int, ledger: Ledger) -> None:
        self.owner, self.visitor = Person(topology, f"owner{number}"), Person(topology, f"visitor{number}")
        self.stranger = Member(topology.site, "nobody")
        self.number, self.ledger, self.round = number, ledger, 0
        self.pid = self.owner.laptop.upload(jpeg_factory.jpeg(300, 200, mark=5000 + number))
        wait_until_ready(self.owner.laptop, [self.pid])
        self.stranger_looks = self.stranger_misses = 0

    @property
    def page(self) -> str:
        """The photo's address."""
        return f"/p/{self.pid}/"

    def play(self) -> None:
        """One round: owner and visitor do what is due, and look at it on both devices."""
        self.round += 1
        self.describe()
        self.follow()
        if self.round % SETTINGS_EVERY == 0:
            self.set_up()
        if self.round % LIKES_EVERY == 0:
            self.like()
        if self.round % COMMENTS_EVERY == 1:
            self.comment()
        if self.round % UPLOADS_EVERY == 2:
            self.upload()

    def describe(self) -> None:
        """The owner changes the caption and its tag."""
        tag = f"tag{self.number}x{self.round}"
        words = f"Words {self.round} of {self.number} #{tag}"
        answer = self.owner.laptop.post_form(f"{self.page}caption/", {"caption": words})
        caption = f"Words {self.round} of {self.number}"
        self.ledger.see("owner, of their caption, at once", answer, caption)
        self._see_on_both(self.owner, "of their caption", self.page, caption)
        self.ledger.see("owner, of their tag, on the phone", self.owner.phone.get(f"/tags/{tag}/"), self.pid)
        # The stranger has no causal token: a miss proves that the frozen replicas are read.
        self.stranger_looks += 1
        self.stranger_misses += caption not in self.stranger.get(self.page).text

    def follow(self) -> None:
        """The visitor follows, or does not any more."""
        is_following = self.round % 2 == 1
        expected = f'name="following" value="{"0" if is_following else "1"}"'
        form = {"following": "1" if is_following else "0"}
        profile = f"/@{self.owner.username}/"
        answer = self.visitor.laptop.post_form(f"{profile}follow/", form)
        self.ledger.see("follower, at once", answer, expected)
        self._see_on_both(self.visitor, "of following", profile, expected)

    def set_up(self) -> None:
        """The owner changes a setting."""
        location = "area" if self.round % (2 * SETTINGS_EVERY) == 0 else ""
        self.owner.phone.post_form("/settings/photos/", {"location": location})
        expected = f'name="location" value="{location}" checked'
        self._see_on_both(self.owner, "of their settings", "/settings/photos/", expected)

    def like(self) -> None:
        """The visitor likes, or does not any more."""
        is_liked = self.round % (2 * LIKES_EVERY) == 0
        pressed = f'aria-pressed="{"true" if is_liked else "false"}"'
        answer = self.visitor.phone.post_form(f"{self.page}like/", {"liked": "1" if is_liked else "0"})
        self.ledger.see("liker, at once", answer, pressed)
        self._see_on_both(self.visitor, "of their like", self.page, pressed)

    def comment(self) -> None:
        """The visitor comments; the owner follows the notification on both devices."""
        words = f"Comment {self.round} of {self.number}"
        answer = self.visitor.laptop.post_form(f"{self.page}comment/", {"body": words})
        self.ledger.see("commenter, at once", answer, words)
        self._see_on_both(self.visitor, "of their comment", self.page, words)
        for device in (self.owner.laptop, self.owner.phone):
            link = wait_for_notification(device, words, self.ledger)
            self.ledger.see("owner, told of a comment", device.get(link), words)

    def upload(self) -> None:
        """The owner sends a photo by the API; both devices know it before it is rendered."""
        pid = self.owner.laptop.upload(
            jpeg_factory.jpeg(300, 200, mark=10_000 * (self.number + 1) + self.round)
        )
        self._see_on_both(self.owner, "of their upload", f"/p/{pid}/", pid)
        self._see_on_both(self.owner, "of their profile", f"/@{self.owner.username}/", pid)

    def _see_on_both(self, person: Person, what: str, path: str, expected: str) -> None:
        answers: list[tuple[str, Answer]] = [
            ("laptop", person.laptop.get(path)),
            ("phone", person.phone.get(path)),
        ]
        for device, answer in answers:
            self.ledger.see(f"{person.username} {what}, on the {device}", answer, expected)
