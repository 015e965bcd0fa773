"""A person as pages show them."""

from dataclasses import dataclass

from accounts.models import User

HUES = 12


@dataclass(frozen=True)
class Person:
    """What templates need of somebody; `hue` (degrees, 0-359) colours the avatar."""

    id: int
    username: str
    display_name: str
    url: str
    bio: str
    initials: str
    hue: int

    @classmethod
    def from_user(cls, user: User) -> "Person":
        """Return the person that a directory row describes."""
        shown = user.display_name()
        words = shown.replace("_", " ").replace(".", " ").split()
        return cls(
            id=user.pk,
            username=user.username,
            display_name=shown,
            url=user.get_absolute_url(),
            bio=user.bio,
            initials="".join(word[0] for word in words[:2]).upper(),
            hue=user.pk * 5 % HUES * (360 // HUES),
        )

    @property
    def color(self) -> str:
        """Return the avatar's background as a CSS colour, dark enough for white letters in every hue."""
        return f"oklch(0.52 0.11 {self.hue})"
