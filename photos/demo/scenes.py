"""The scenes of the demo's photos. Each is a function of a random generator, a height and a width in pixels."""

from collections.abc import Callable

import numpy as np

from photos.demo import noise
from photos.demo.noise import Picture, Random, color, mix, ramp, smoothstep

Scene = Callable[[Random, int, int], Picture]

SKIES = (
    ("#27406b", "#7a7fa8", "#f0a58f", "#ffd9a0"),
    ("#2f6db5", "#7fb2e0", "#cfe3f0"),
    ("#101d3a", "#3a3f73", "#b3577a", "#f7a072"),
    ("#5b7c99", "#a9bfcc", "#e8e6df"),
    ("#0c1430", "#22386b", "#5d86b5"),
    ("#3d2c5e", "#a8557c", "#f28f6b", "#ffe3b0"),
)
GROUNDS = (("#24323f", "#9fb0b8"), ("#2b2a3f", "#b58f9a"), ("#1d3328", "#a9bda0"), ("#33251f", "#d0a98c"))


def sky(rng: Random, height: int, width: int, horizon: float, *, sun_across: float) -> Picture:
    """A sky down to the horizon, with a low sun and some cloud."""
    down, across = noise.axes(height, width)
    palette = SKIES[rng.integers(len(SKIES))]
    picture = ramp(np.broadcast_to(np.clip(down / horizon, 0, 1), (height, width)), palette)
    y = horizon * rng.uniform(0.55, 0.95)
    distance = np.hypot((across - sun_across) * width / height, down - y)
    glow = color(palette[-1])
    picture = mix(picture, glow, np.exp(-distance * 5) * 0.55)
    picture = mix(picture, np.minimum(glow * 1.25, 1), 1 - smoothstep(0.022, 0.028, distance))
    clouds = noise.fractal(rng, height, width, cells=3, stretch=3.5)
    cover = smoothstep(0.52, 0.85, clouds) * rng.uniform(0.1, 0.7) * np.clip(1.4 - down / horizon, 0, 1)
    return mix(picture, mix(picture, np.ones(3, np.float32), 0.75), cover)


def mountains(rng: Random, height: int, width: int) -> Picture:
    """Ridge behind ridge, each nearer one darker."""
    horizon = rng.uniform(0.5, 0.7)
    picture = sky(rng, height, width, horizon, sun_across=rng.uniform(0.15, 0.85))
    near, far = map(color, GROUNDS[rng.integers(len(GROUNDS))])
    layers = int(rng.integers(4, 7))
    down, _ = noise.axes(height, width)
    for layer in range(layers):
        depth = layer / (layers - 1)
        crest = noise.line(rng, width, cells=2 + 2 * depth, roughness=0.42 + 0.1 * depth)
        top = horizon - 0.28 + 0.2 * layer * (1 - horizon + 0.25) - crest * (0.3 - 0.16 * depth)
        inside = smoothstep(-0.0008, 0.0008, down - top[None, :])
        body = far * (1 - depth) + near * depth
        rock = noise.fractal(rng, height, width, cells=9, octaves=5)[..., None]
        shaded = body * (0.82 + 0.36 * rock * depth)
        haze = np.clip((down - top[None, :]) * 2.2, 0, 0.75)[..., None] * (1 - depth)
        picture = mix(picture, shaded * (1 - haze) + (far * 0.5 + 0.5) * haze, inside)
    return picture


def lake(rng: Random, height: int, width: int) -> Picture:
    """Mountains that stand in water."""
    shore = int(height * rng.uniform(0.55, 0.68))
    above = mountains(rng, shore, width)
    mirrored = above[::-1][: height - shore]
    mirrored = np.concatenate([mirrored, np.repeat(mirrored[-1:], height - shore - len(mirrored), axis=0)])
    rows, columns = np.mgrid[0 : height - shore, 0:width]
    ripple = noise.fractal(rng, height - shore, width, cells=5, stretch=14)
    sway = (ripple - 0.5) * np.linspace(4, 46, height - shore)[:, None]
    water = mirrored[np.clip((rows + sway).astype(int), 0, height - shore - 1), columns]
    return np.concatenate([above, mix(water * 0.82, color("#274b5c"), 0.18)]).astype(np.float32)


def sea(rng: Random, height: int, width: int) -> Picture:
    """Open water under a low sun."""
    horizon, x = rng.uniform(0.38, 0.6), rng.uniform(0.2, 0.8)
    picture = sky(rng, height, width, horizon, sun_across=x)
    down, across = noise.axes(height, width)
    depth = np.clip((down - horizon) / (1 - horizon), 1e-3, 1)
    tone = ramp(np.broadcast_to(depth, (height, width)), ("#b9c4c6", "#3f7d92", "#12384c"))
    waves = noise.fractal(rng, height, width, cells=10, octaves=5, stretch=9)
    swell = noise.fractal(rng, height, width, cells=4, octaves=4, stretch=6)
    tone = tone * (0.75 + 0.5 * (waves * (1 - depth) + swell * depth))[..., None]
    foam = smoothstep(0.66, 0.8, swell * 0.6 + waves * 0.4) * depth
    tone = mix(tone, color("#f4f7f5"), foam * 0.8)
    path = np.exp(-(((across - x) / (0.05 + 0.12 * depth)) ** 2)) * smoothstep(0.5, 0.75, waves)
    tone = mix(tone, color("#ffe9c4"), path * 0.85)
    return mix(picture, tone, smoothstep(-0.001, 0.001, down - horizon))


def dunes(rng: Random, height: int, width: int) -> Picture:
    """Sand with a lit side and a side in shadow."""
    horizon = rng.uniform(0.3, 0.42)
    picture = sky(rng, height, width, horizon, sun_across=rng.uniform(0.15, 0.85))
    down, across = noise.axes(height, width)
    for layer in range(4):
        crest = noise.smooth(noise.line(rng, width, cells=1.2 + layer * 0.5, octaves=2, roughness=0.2))
        top = horizon + layer * 0.16 - crest * 0.16
        below = down - top[None, :]
        slope = np.gradient(crest) * width
        light = np.clip(0.55 - slope * 0.2, 0.15, 1)[None, :] * np.exp(-np.clip(below, 0, 1) * 0.9)
        ripples = np.sin((below * 260 + np.sin(across * 34 + layer) * 3) * (1 + 0.2 * layer)) * 0.035
        light = np.clip(light + ripples * smoothstep(0.0, 0.08, below), 0, 1)
        sand = ramp(light.astype(np.float32), ("#4a2a20", "#b4673a", "#f0b878", "#ffe6bd"))
        picture = mix(picture, sand, smoothstep(-0.0008, 0.0008, below))
    return picture


def forest(rng: Random, height: int, width: int) -> Picture:
    """Trunks that fade into fog."""
    down, across = noise.axes(height, width)
    fog = np.broadcast_to(0.25 + 0.75 * (1 - np.abs(down - 0.45)), (height, width)).astype(np.float32)
    tones = (
        ("#2c3d33", "#8fa394", "#e6ebdd"),
        ("#3d3323", "#b89b68", "#f5e6bf"),
        ("#1e2f3f", "#7f9aab", "#dfe9ee"),
    )
    palette = tones[rng.integers(len(tones))]
    picture = ramp(noise.stretched(fog + 0.25 * noise.fractal(rng, height, width, cells=3)), palette)
    dark = color(palette[0]) * 0.55
    for layer in range(5):
        depth = (layer + 1) / 5
        for _ in range(int(26 / (layer + 1)) + 3):
            x, thick = rng.uniform(0, 1), rng.uniform(0.002, 0.008) * (1 + 3.2 * depth)
            sway = (noise.line(rng, height, cells=2, octaves=3) - 0.5) * 0.02
            edge = np.abs(across - x - sway[:, None])
            inside = 1 - smoothstep(thick * 0.85, thick, edge + 0.0006)
            picture = mix(picture, dark * 0.6 + color(palette[1]) * 0.25, inside * (0.25 + 0.7 * depth))
    leaves = noise.fractal(rng, height, width, cells=26, octaves=4)
    floor = smoothstep(0.72, 1.0, down + (leaves - 0.5) * 0.16)
    return mix(picture, dark[None, None] * (0.6 + leaves[..., None]), floor * 0.9)


def stars(rng: Random, height: int, width: int) -> Picture:
    """The Milky Way above a line of trees."""
    down, across = noise.axes(height, width)
    picture = ramp(np.broadcast_to(down, (height, width)), ("#05070f", "#0e1730", "#27395c"))
    tilt, at = rng.uniform(-0.7, 0.7), rng.uniform(0.35, 0.65)
    band = np.exp(-(((across - at) - tilt * (down - 0.5)) ** 2) / 0.022)
    dust = noise.fractal(rng, height, width, cells=4, octaves=7)
    picture = mix(picture, color("#c9b6d8"), band * smoothstep(0.3, 0.95, dust) * 0.62)
    picture = mix(picture, color("#0a0c14"), band * smoothstep(0.55, 0.8, 1 - dust) * 0.5)
    count = width * height // 320
    x, y = rng.integers(1, width - 1, count), rng.integers(1, height - 1, count)
    bright = (rng.pareto(2.2, count).clip(0, 9) / 4).clip(0.05, 1).astype(np.float32)
    tint = np.stack([rng.uniform(0.8, 1, count), rng.uniform(0.85, 1, count), rng.uniform(0.9, 1, count)], -1)
    np.maximum.at(picture, (y, x), (bright[:, None] * tint).astype(np.float32))
    large = bright > 0.6
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        halo = (bright[large, None] * tint[large] * 0.6).astype(np.float32)
        np.maximum.at(picture, (y[large] + dy, x[large] + dx), halo)
    crest = noise.line(rng, width, cells=12, octaves=6, roughness=0.75)
    return mix(picture, color("#030509"), smoothstep(0, 0.002, down - (0.93 - crest * 0.16)[None, :]))


def aurora(rng: Random, height: int, width: int) -> Picture:
    """Curtains of light over snow."""
    down, _ = noise.axes(height, width)
    picture = stars(rng, height, width) * 0.7
    for hue in ("#3ee6a0", "#58d0e0", "#b06fe0")[: int(rng.integers(2, 4))]:
        foot = 0.3 + 0.28 * noise.line(rng, width, cells=3, octaves=3)
        rays = 0.4 + 0.6 * noise.line(rng, width, cells=40, octaves=3)
        up = foot[None, :] - down
        light = np.where(up > 0, np.exp(-up * 4.5), np.exp(up * 30)) * rays[None, :]
        picture = np.minimum(picture + color(hue) * (light * 0.55)[..., None], 1).astype(np.float32)
    snow = ramp(noise.fractal(rng, height, width, cells=5, stretch=4), ("#1c3550", "#6fa5ad"))
    crest = 0.86 - 0.07 * noise.line(rng, width, cells=2, octaves=3, roughness=0.3)
    return mix(picture, snow, smoothstep(0, 0.004, down - crest[None, :]))


def city(rng: Random, height: int, width: int) -> Picture:
    """Lit windows at night, and the street that mirrors them."""
    ground = int(height * rng.uniform(0.72, 0.84))
    down, _ = noise.axes(ground, width)
    picture = ramp(np.broadcast_to(down, (ground, width)), ("#0b1024", "#2b2b52", "#7d4a63"))
    for depth in (0.35, 0.65, 1.0):
        x = -int(rng.uniform(0, 0.05) * width)
        while x < width:
            wide = int(width * rng.uniform(0.05, 0.13) * (0.6 + depth * 0.6))
            top = int(ground * rng.uniform(0.1, 0.72) * (1.2 - 0.45 * depth))
            _tower(rng, picture, (max(0, x), min(width, x + wide)), top, depth)
            x += wide + int(rng.uniform(0, 0.02) * width)
    rows = height - ground
    street = picture[::-1][:rows].copy()
    for shift in range(1, min(26, rows)):
        street[shift:] += picture[::-1][: rows - shift]
    wet = street / (np.minimum(np.arange(rows), 25)[:, None, None] + 1)
    rough = noise.fractal(rng, rows, width, cells=12, stretch=4)[..., None]
    return np.concatenate([picture, wet * (0.35 + 0.4 * rough)]).astype(np.float32)


def _tower(rng: Random, picture: Picture, sides: tuple[int, int], top: int, depth: float) -> None:
    left, right = sides
    body = color("#1a1d33") * (1.15 - 0.75 * depth) + color("#4a3a55") * (0.35 * (1 - depth))
    picture[top:, left:right] = body
    storey = max(7, int(len(picture) * 0.016 * (0.6 + depth)))
    pane = max(5, int(storey * rng.uniform(0.6, 1.3)))
    warm = [color(text) for text in ("#ffd98a", "#ffc46b", "#fff2cf", "#bfe0ff")]
    lit = rng.uniform(0.15, 0.6)
    for y in range(top + storey, len(picture) - storey, storey):
        for x in range(left + pane // 2, right - pane, pane):
            if rng.random() < lit:
                light = warm[rng.integers(len(warm))] * rng.uniform(0.35, 1) * (0.5 + depth / 2)
                picture[y : y + storey * 5 // 9, x : x + pane * 6 // 10] = light


def bokeh(rng: Random, height: int, width: int) -> Picture:
    """Lights out of focus."""
    down, across = noise.axes(height, width)
    deep = (("#0b0f1d", "#3a1f3d"), ("#0d1a14", "#2d4a3a"), ("#1b0f08", "#5a3018"))[rng.integers(3)]
    picture = ramp(np.broadcast_to((down + across) / 2, (height, width)), deep)
    hues = [color(t) for t in ("#ffb347", "#ff6f61", "#ffe7b0", "#7fd1ff", "#b58cff", "#8df0b0")]
    for _ in range(int(rng.integers(45, 90))):
        x, y, size = rng.uniform(0, 1), rng.normal(0.5, 0.24), rng.uniform(0.015, 0.085)
        distance = np.hypot((across - x) * width / height, down - y) / size
        disc = (1 - smoothstep(0.94, 1.02, distance)) * (0.65 + 0.35 * smoothstep(0.6, 1, distance))
        light = hues[rng.integers(len(hues))] * rng.uniform(0.12, 0.5)
        picture = np.minimum(picture + light * disc[..., None], 1).astype(np.float32)
    return picture


def fields(rng: Random, height: int, width: int) -> Picture:
    """Farm land from the air: plots, furrows, hedges."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) / height
    bend = (noise.fractal(rng, height, width, cells=2, octaves=4) - 0.5) * 0.25
    points = rng.uniform(0, 1, (int(rng.integers(22, 44)), 2)) * [1, width / height]
    nearest = np.full((height, width), 9, np.float32)
    second, plot = nearest.copy(), np.zeros((height, width), np.int32)
    for number, (y, x) in enumerate(points.astype(np.float32)):
        distance = np.abs(rows + bend - y) * 1.15 + np.abs(columns + bend - x)
        closer = distance < nearest
        second = np.where(closer, nearest, np.minimum(second, distance))
        plot, nearest = np.where(closer, number, plot), np.where(closer, distance, nearest)
    hues = ("#6f8f3f", "#a9b24a", "#d9c46b", "#87683e", "#4f7a3a", "#c9a35a", "#5d8a5f", "#e0d7a0", "#7a4f36")
    tones = np.array([color(hues[rng.integers(len(hues))]) * rng.uniform(0.8, 1.1) for _ in points])
    turns, gaps = rng.uniform(0, np.pi, len(points)), rng.uniform(170, 420, len(points))
    furrows = np.sin((rows * np.sin(turns)[plot] + columns * np.cos(turns)[plot]) * gaps[plot])
    soil = noise.fractal(rng, height, width, cells=10)
    picture = tones[plot] * (0.86 + 0.1 * furrows + 0.22 * (soil - 0.5))[..., None]
    hedge = 1 - smoothstep(0.004, 0.014, second - nearest + (soil - 0.5) * 0.008)
    return np.clip(mix(picture.astype(np.float32), color("#26391f"), hedge), 0, 1)


def flower(rng: Random, height: int, width: int) -> Picture:
    """Petals close by, the meadow behind them blurred away."""
    down, across = noise.axes(height, width)
    backs = (
        ("#1f3a22", "#5f8a4a", "#b9c97f"),
        ("#1e2f3d", "#587a86", "#b8c9bd"),
        ("#3d2a1c", "#8a6a48", "#d9c29a"),
    )
    soft = noise.fractal(rng, height, width, cells=2, octaves=2)
    picture = ramp(noise.stretched(soft + 0.4 * (1 - down)), backs[rng.integers(len(backs))])
    reds = (("#7a0f2b", "#d9345f", "#ffb3c4"), ("#b5651d", "#f6a623", "#ffe29a"), ("#4a2a7a", "#8f6fd0", "#e0d0ff"),
            ("#8a8f8a", "#e8e6df", "#ffffff"))  # fmt: skip
    palette = reds[rng.integers(len(reds))]
    x, y = rng.uniform(0.35, 0.65) * width / height, rng.uniform(0.38, 0.58)
    stem = np.abs(across * width / height - x - 0.05 * np.sin((down - y) * 3))
    picture = mix(picture, color("#35592f"), (1 - smoothstep(0.009, 0.013, stem)) * (down > y))
    petals, size = int(rng.integers(5, 14)), rng.uniform(0.24, 0.36)
    for ring in range(3):
        angle = np.arctan2(down - y, across * width / height - x) + ring * 0.4 + rng.uniform(0, 1)
        radius = np.hypot(across * width / height - x, down - y)
        wave = np.abs(np.cos(angle * petals / 2))
        reach = size * (1 - 0.26 * ring) * (0.45 + 0.55 * wave**0.55)
        veins = 0.06 * np.sin(angle * petals * 9) * smoothstep(0.1, 0.9, radius / reach)
        light = np.clip(0.2 + 0.75 * radius / reach * wave + 0.1 * ring + veins, 0, 1).astype(np.float32)
        picture = mix(picture, ramp(light, palette), 1 - smoothstep(0.985, 1.0, radius / reach))
    seeds = noise.fractal(rng, height, width, cells=90, octaves=2)
    heart = 1 - smoothstep(0.95, 1.0, np.hypot(across * width / height - x, down - y) / (size * 0.2))
    return mix(picture, ramp(seeds, ("#3a2208", "#c98a1b", "#ffe08a")), heart)


def facade(rng: Random, height: int, width: int) -> Picture:
    """A wall of windows with a hard shadow across it."""
    down, across = noise.axes(height, width)
    lean = 1 + rng.uniform(-0.35, 0.35) * (across - 0.5)
    storeys, bays = int(rng.integers(6, 12)), int(rng.integers(5, 12))
    u, v = across * bays, (down - 0.5) * lean * storeys + 50
    part_u, part_v = u % 1, v % 1
    walls = ("#d9c7a8", "#c9d3d6", "#d98f6f", "#e8e4da", "#9fb0a5", "#f0d9c0")
    plaster = noise.fractal(rng, height, width, cells=14)
    picture = color(walls[rng.integers(len(walls))]) * (0.9 + 0.14 * plaster)[..., None]
    window = (part_u > 0.26) & (part_u < 0.74) & (part_v > 0.2) & (part_v < 0.82)
    frame = (part_u > 0.235) & (part_u < 0.765) & (part_v > 0.17) & (part_v < 0.85)
    picture = mix(picture.astype(np.float32), color("#f4f1ea"), frame.astype(np.float32))
    number = (np.floor(u) * 7 + np.floor(v) * 13).astype(int) % 11
    gleam = np.clip(0.25 + 0.06 * number + 0.4 * (part_v - part_u), 0, 1).astype(np.float32)
    picture = mix(picture, ramp(gleam, ("#16242f", "#3f6076", "#bcd6e4")), window.astype(np.float32))
    side = rng.choice([-1, 1])
    shade = smoothstep(
        -0.004, 0.004, (across - 0.5) * side - (down - rng.uniform(0.3, 0.7)) * rng.uniform(0.5, 1.4)
    )
    picture = mix(picture, picture * color("#56607a"), np.broadcast_to(shade, (height, width)) * 0.72)
    return noise.within(picture * color("#fff4e2") * 1.04)


def table(rng: Random, height: int, width: int) -> Picture:
    """Fruit on a table, lit by one window: spheres, their shadows and their shine."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = columns / height, rows / height
    edge = rng.uniform(0.42, 0.52)
    wall = ramp(
        np.clip(0.15 + 0.7 * (1 - x / (width / height)) - 0.25 * y, 0, 1), ("#1c1a1f", "#6f675f", "#cfc4b2")
    )
    grain = noise.fractal(rng, height, width, cells=3, stretch=22)
    wood = ramp(noise.stretched(grain + 0.5 * np.clip(y - edge, 0, 1)), ("#3a2114", "#8a5a34", "#c9935c"))
    picture = mix(wall, wood, smoothstep(-0.002, 0.002, y - edge))
    hues = ("#c8372d", "#e08a1e", "#8fa83a", "#6a2a4a", "#e6c84a", "#d9553a")
    count = int(rng.integers(3, 7))
    places = np.sort(rng.uniform(0.2, 0.8, count)) * width / height
    for place in sorted(places, key=lambda at: abs(at - places.mean()), reverse=True):
        size, foot = rng.uniform(0.085, 0.15), edge + rng.uniform(0.14, 0.3)
        shadow = np.hypot((x - place - size * 1.1) / (size * 2), (y - foot) / (size * 0.45))
        picture = mix(picture, color("#120a06"), np.exp(-shadow * shadow * 1.5) * 0.75)
        nx, ny = (x - place) / size, (y - (foot - size)) / size
        inside = nx * nx + ny * ny
        nz = np.sqrt(np.clip(1 - inside, 0, 1))
        light = np.clip(-0.62 * nx - 0.55 * ny + 0.56 * nz, 0, 1)
        skin = 0.9 + 0.2 * noise.fractal(rng, height, width, cells=30, octaves=3)
        shine = np.clip(-0.5 * nx - 0.45 * ny + 0.74 * nz, 0, 1) ** 48
        hue = color(hues[rng.integers(len(hues))])
        body = hue * ((0.1 + 0.95 * light) * skin)[..., None] + 0.75 * shine[..., None]
        picture = mix(picture, np.clip(body, 0, 1), 1 - smoothstep(0.985, 1.01, inside))
    return picture


def marble(rng: Random, height: int, width: int) -> Picture:
    """Stone, oil or water from very near: noise that bends noise."""
    bend = noise.fractal(rng, height, width, cells=3)
    folds = noise.fractal(rng, height, width, cells=4, octaves=7)
    veins = 0.5 + 0.5 * np.sin((folds * 4 + bend * 5) * np.pi * rng.uniform(0.7, 1.4))
    palettes = (("#0e2a33", "#2f7f86", "#e9dcc0", "#b5653a"), ("#1b1b1f", "#6b6f76", "#eceae4"),
                ("#2a0f1f", "#a03a4f", "#f2b56b", "#fff0d0"), ("#0f1f14", "#3f6f4a", "#c8d7a0"))  # fmt: skip
    return ramp(veins.astype(np.float32), palettes[rng.integers(len(palettes))])


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        mountains, lake, sea, dunes, forest, stars, aurora, city, bokeh, fields, flower, facade, table, marble,
    )
}  # fmt: skip
