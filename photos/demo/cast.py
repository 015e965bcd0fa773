"""The members of the demo site, their captions and comments. All are invented."""

from dataclasses import dataclass

import numpy as np

from photos.demo.noise import Random


@dataclass(frozen=True)
class Member:
    """A member of the demo site; `scenes` are what they photograph."""

    username: str
    name: str
    bio: str
    scenes: tuple[str, ...]


MEMBERS = (
    Member("mina.park", "박민아", "산을 좋아합니다. 새벽 네 시에 일어나는 사람.", ("mountains", "lake")),
    Member(
        "jonas", "Jonas Weber", "Trains, then boots, then the last light.", ("lake", "mountains", "aurora")
    ),
    Member("amara", "Amara Okoye", "Salt water and long afternoons.", ("sea",)),
    Member("leila.h", "Leila Haddad", "Wind draws, I only press the button.", ("dunes", "sea")),
    Member("tove", "Tove Lindqvist", "Mostly fog. Sometimes what is behind it.", ("forest", "aurora")),
    Member("kenji", "Kenji Arai", "Eleven at night, any city.", ("city", "bokeh")),
    Member("sofia.r", "Sofia Reyes", "I grow them before I photograph them.", ("flower", "table")),
    Member("oluwa", "Oluwaseun Bello", "Walls, windows, noon.", ("facade", "city")),
    Member("hana", "최하나", "밤하늘 아래 오래 서 있기.", ("stars", "aurora")),
    Member("pieter", "Pieter de Vries", "A small aeroplane and a large thermos.", ("fields", "sea")),
    Member("nadia", "Nadia Petrova", "Fruit, stone, paper. A north window.", ("table", "marble", "flower")),
    Member("grandma.ruth", "Ruth Abelson", "Here for my grandchildren's pictures.", ("flower",)),
)

CAPTIONS = {
    "mountains": ("Seven ridges before breakfast #mountains", "The valley kept its fog #mountains #morning",
                  "능선 너머 능선 #mountains", "Nobody else up here"),
    "lake": ("Not a breath of wind #lake #mountains", "Twice the mountains for the same walk #lake",
             "물 위의 아침 #lake"),
    "sea": ("Low sun, long path #sea #sunset", "The tide came for my shoes #sea", "Quiet swell #sea #blue"),
    "dunes": ("Shadows do the drawing #desert", "Sand, an hour before dark #desert #sunset",
              "One line, then another #desert"),
    "forest": ("Held its breath all morning #forest #fog", "Between the trunks #forest", "숲 #forest #fog"),
    "stars": ("Four hours, one thermos #stars #night", "Milky Way above the spruces #stars", "은하수 #stars #night"),
    "aurora": ("It started just as we packed up #aurora #night", "Green, and then violet #aurora"),
    "city": ("Somebody is always awake #city #night", "After the rain #city", "Rush hour, seen from afar #city #night"),
    "bokeh": ("Out of focus on purpose #light", "Waiting for the tram #light #night"),
    "fields": ("Patchwork at 600 metres #fromabove", "Somebody's whole year #fromabove #fields"),
    "flower": ("From the balcony #flowers", "It opened overnight #flowers #macro", "The last one this year #flowers"),
    "facade": ("Noon #architecture", "Half of it in the shade #architecture #light"),
    "table": ("North window #stilllife", "Sunday #stilllife #fruit", "Before they were eaten #stilllife"),
    "marble": ("From very near #abstract", "Guess what it is #abstract #macro"),
}  # fmt: skip

# Alternative texts.
DESCRIPTIONS = {
    "mountains": "Ridges of mountains, one behind the other, each paler than the one before it, under a low sun.",
    "lake": "Mountains mirrored in a lake that is almost still.",
    "sea": "Open water to the horizon, with the sun's path on it.",
    "dunes": "Sand dunes with a lit and a shaded side, and fine ripples.",
    "forest": "Bare trunks of trees that fade into fog.",
    "stars": "The Milky Way in a night sky above a black line of spruces.",
    "aurora": "Green curtains of northern lights above a snow field.",
    "city": "A skyline at night with lit windows, mirrored in a wet street.",
    "bokeh": "Coloured discs of light, all out of focus.",
    "fields": "Fields from the air, a patchwork of greens and browns with furrows and hedges.",
    "flower": "A single flower close by, the meadow behind it blurred.",
    "facade": "A wall with rows of windows, half of it in a hard shadow.",
    "table": "Fruit on a wooden table, lit from the left.",
    "marble": "Veins of colour that run through each other, like stone from very near.",
}

ALBUMS = {
    "mountains": "Above the tree line", "lake": "Still water", "sea": "Tides", "dunes": "Sand", "forest": "Fog",
    "stars": "Clear nights", "aurora": "North", "city": "After hours", "bokeh": "Lights", "fields": "From above",
    "flower": "The balcony", "facade": "Walls", "table": "North window", "marble": "Very near",
}  # fmt: skip

REMARKS = (
    "This light!", "I can almost hear it.", "Where was this?", "와, 정말 좋네요.", "The colours are unreal.",
    "I would hang this on my wall.", "How long did you wait for it?", "Beautiful, as always.", "So calm.",
    "You make me want to go there.", "구도가 정말 좋아요!", "The corner at the left is my favourite part.",
    "Which lens?", "Wonderful. I showed it to everybody here.",
)  # fmt: skip

ANSWERS = (
    "Thank you!", "About an hour, and cold feet.", "The 35, as usual.", "Not far from home, in fact.", "고마워요!",
    "Come along next time.",
)  # fmt: skip


def caption(scene: str, rng: Random) -> str:
    """Return a random caption for a scene, an empty one for every seventh photo or so."""
    return "" if rng.random() < 0.15 else str(rng.choice(np.array(CAPTIONS[scene])))
