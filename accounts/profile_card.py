"""The data of a person that templates show: name, address of the profile, avatar."""

from dataclasses import dataclass

from accounts.models import User

HUES = 12


@dataclass(frozen=True)
class Person:
    """A person for templates; `hue` (degrees, 0-359) colours the avatar."""

    id: int
    username: str
    display_name: str
    url: str
    bio: str
    initials: str
    hue: int

    @classmethod
    def from_user(cls, user: User) -> "Person":
        """Return the person of a User row."""
        display_name = user.display_name()
        words = display_name.replace("_", " ").replace(".", " ").split()
        return cls(
            id=user.pk,
            username=user.username,
            display_name=display_name,
            url=user.get_absolute_url(),
            bio=user.bio,
            initials="".join(word[0] for word in words[:2]).upper(),
            hue=user.pk * 5 % HUES * (360 // HUES),
        )

    @property
    def color(self) -> str:
        """Return the avatar's background as a CSS colour, dark enough for white letters in every hue."""
        return f"oklch(0.52 0.11 {self.hue})"
