"""Pictures of random people: skin tones, lamps, backgrounds and what cameras do to a picture."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import UInt8

from ....head import Head
from ....render import CpuRenderer, Look, Settings, from_head
from ....render.looks import LOOKS, Lamp, Studio
from ....render.skin import TONES
from ..camera import crop_camera
from .people import People, draw_people

LOOKS_AT_A_TIME = 12  # the renderer keeps as much of that many
RENEWED = 24  # pictures between one new look


@dataclass(frozen=True, eq=False)
class Batch:
    """Pictures and what is true of them."""

    people: People
    pictures: UInt8[np.ndarray, "b n n 3"]


def batches(head: Head, count: int, pixels: int, seed: int) -> Iterator[Batch]:
    """Without end; the same seed gives the same pictures."""
    chance = np.random.default_rng(seed)
    surface = from_head(head)
    renderer = CpuRenderer(Settings(antialias=2, look=random_look(chance)))
    looks = [random_look(chance) for _ in range(LOOKS_AT_A_TIME)]
    drawn = 0
    while True:
        people = draw_people(head, count, chance)
        pictures = np.empty((count, pixels, pixels, 3), np.uint8)
        for k in range(count):
            drawn += 1
            if drawn % RENEWED == 0:
                looks[chance.integers(len(looks))] = random_look(chance)
            chosen = looks[chance.integers(len(looks))]
            behind = background(pixels, chance)
            each = renderer.with_settings(look=chosen, background=behind)
            camera = crop_camera(people.camera[k], pixels)
            picture = each.render(people.vertices[k], surface, camera, ("colour",)).colour
            assert picture is not None
            pictures[k] = as_photographed(picture, chance)
        yield Batch(people, pictures)


def random_look(chance: np.random.Generator) -> Look:
    """A skin tone under three lamps from anywhere in front, of any strength."""
    tone = str(chance.choice(sorted(TONES)))

    def tinted(strength: float, spread: float) -> tuple[float, float, float]:
        red, green, blue = np.clip(strength * (1 + chance.normal(0, spread, 3)), 0, 2)
        return float(red), float(green), float(blue)

    def lamp(strength: float, front: float) -> Lamp:
        x, y = chance.uniform(-1, 1), chance.uniform(-0.4, 1)
        return Lamp((x, y, front), tinted(strength, 0.06))

    key = chance.uniform(0.3, 1.1)
    sky = chance.uniform(0.12, 0.55)
    studio = Studio(
        key=lamp(key, chance.uniform(0.2, 1)),
        fill=lamp(key * chance.uniform(0, 0.6), chance.uniform(0.2, 1)),
        back=lamp(chance.uniform(0, 0.7), -0.6),
        sky=tinted(sky, 0.05),
        ground=tinted(sky * chance.uniform(0.2, 0.9), 0.05),
        rim=float(chance.uniform(0, 0.25)),
    )
    return replace(LOOKS[tone], studio=studio)


def background(pixels: int, chance: np.random.Generator) -> UInt8[np.ndarray, "n n 3"]:
    """A slope between colours, blobs of several sizes and a few edges."""
    y, x = np.mgrid[0:pixels, 0:pixels] / pixels
    angle = chance.uniform(0, 2 * np.pi)
    slope = (np.cos(angle) * x + np.sin(angle) * y)[..., None]
    first, second = chance.uniform(0, 255, (2, 3))
    picture = first + (second - first) * slope
    for cells in (3, 9):
        coarse = chance.normal(0, chance.uniform(0, 45), (cells, cells, 3))
        places = np.minimum((np.arange(pixels) * cells) // pixels, cells - 1)
        picture = picture + coarse[places][:, places]
    for _ in range(chance.integers(0, 4)):
        x0, x1 = np.sort(chance.integers(0, pixels + 1, 2))
        y0, y1 = np.sort(chance.integers(0, pixels + 1, 2))
        picture[y0:y1, x0:x1] = chance.uniform(0, 255, 3)
    return np.clip(picture, 0, 255).astype(np.uint8)


def as_photographed(
    picture: UInt8[np.ndarray, "n n 3"], chance: np.random.Generator
) -> UInt8[np.ndarray, "n n 3"]:
    """Exposure, white balance, contrast, softness, noise."""
    light = picture.astype(np.float32) / 255
    light = light ** np.float32(np.exp(chance.normal(0, 0.15)))
    light *= np.exp(chance.normal(0, 0.10, 3) + chance.normal(0, 0.15)).astype(np.float32)
    middle = light.mean()
    light = middle + (light - middle) * np.float32(np.exp(chance.normal(0, 0.12)))
    if chance.random() < 0.4:
        for axis in (0, 1):
            before, after = np.roll(light, 1, axis), np.roll(light, -1, axis)
            light = 0.5 * light + 0.25 * (before + after)
    light += chance.normal(0, chance.uniform(0, 0.03), light.shape).astype(np.float32)
    return (np.clip(light, 0, 1) * 255).astype(np.uint8)
