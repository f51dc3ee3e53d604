"""`Look`: what each material of the head reflects, and the studio light it stands in.

Colours are sRGB, 0…255. Light directions point from the head to the lamp in the picture's axes (x right,
y up, z toward the viewer): the studio turns with the camera, so that every view is well lit.
"""

from dataclasses import dataclass, fields, replace
from typing import Final

from .skin import TONES, Tone, cropped

Colour = tuple[float, float, float]

MATERIALS: Final = ("skin", "lips", "sclera", "iris", "pupil", "teeth", "gums", "tongue", "mouth")
SKIN, LIPS, SCLERA, IRIS, PUPIL, TEETH, GUMS, TONGUE, MOUTH = range(len(MATERIALS))
AWAY: Final = (4.0, 0.0)  # gaze of a vertex that is not on the front of an eyeball: white of the eye


@dataclass(frozen=True)
class Material:
    """How a surface answers light."""

    colour: Colour
    specular: float = 0.05  # height of the highlight, 1 = as bright as the lamp
    roughness: float = 0.6  # width of the highlight, 0…1
    occlusion: float = 0.5  # how much baked occlusion dims the lamps too (the ambient light it dims fully)
    least_light: float = 0.0  # baked occlusion is raised to this: for what a closed mouth hides


@dataclass(frozen=True)
class Lamp:
    """A distant soft light."""

    direction: tuple[float, float, float]
    colour: tuple[float, float, float]  # linear, 1 = full
    specular: float = 1.0


@dataclass(frozen=True)
class Studio:
    """Three lamps, light from all around, a rim, and a small lamp near the lens that only makes highlights
    (the sparkle in the eyes)."""

    key: Lamp = Lamp((-0.62, 0.62, 0.62), (0.98, 0.96, 0.93))
    fill: Lamp = Lamp((0.85, 0.05, 0.52), (0.16, 0.17, 0.19), 0.0)
    back: Lamp = Lamp((0.72, 0.42, -0.55), (0.55, 0.57, 0.62), 0.0)
    catch: Lamp = Lamp((-0.42, 0.50, 0.86), (0.0, 0.0, 0.0), 0.8)
    sky: tuple[float, float, float] = (0.34, 0.345, 0.355)
    ground: tuple[float, float, float] = (0.16, 0.15, 0.145)
    rim: float = 0.16  # light at grazing angles


@dataclass(frozen=True)
class Eye:
    """Iris and pupil are painted by angle from the optical axis, so they are round on any mesh."""

    sclera: Colour
    inner: Colour  # iris around the pupil
    outer: Colour
    limbus: Colour  # dark ring around the iris
    pupil: Colour
    pupil_radius: float = 0.38  # of the iris
    fibres: float = 0.0  # contrast of the radial streaks
    lid_shade: float = 0.5  # how dark it is right under the upper lid, 0 to less than 1


@dataclass(frozen=True)
class Look:
    """A complete appearance. `CLAY` and those of `LOOKS` are ready made; `skin_look` and
    `dataclasses.replace` make others."""

    skin: Material
    lips: Material
    eyes: Material  # surface of the eyeball; its colours come from `eye`
    teeth: Material
    gums: Material
    tongue: Material
    mouth: Material
    eye: Eye
    inside: Colour  # back faces: the inner side of the open neck
    wrap: Colour = (0.35, 0.35, 0.35)  # how far red, green and blue light creeps round into the shadow, 0…1
    studio: Studio = Studio()
    background: Colour = (238.0, 239.0, 241.0)
    exposure: float = 1.0
    tone: Tone | None = None  # of the painted skin; None: textures are not shown

    def material(self, name: str) -> Material:
        """By name in `MATERIALS`."""
        return self.eyes if name in ("sclera", "iris", "pupil") else getattr(self, name)


_grey = (182.0, 182.0, 184.0)
CLAY: Final = Look(
    skin=Material(_grey, 0.035, 0.5),
    lips=Material((162.0, 161.0, 163.0), 0.07, 0.42),
    eyes=Material(_grey, 0.9, 0.27, occlusion=0.7, least_light=0.25),
    teeth=Material((206.0, 206.0, 206.0), 0.25, 0.3, occlusion=0.98, least_light=0.003),
    gums=Material((140.0, 138.0, 140.0), 0.15, 0.4, occlusion=0.98, least_light=0.003),
    tongue=Material((136.0, 134.0, 136.0), 0.15, 0.45, occlusion=0.9, least_light=0.03),
    mouth=Material((112.0, 111.0, 113.0), 0.0, 0.6, occlusion=0.95, least_light=0.01),
    eye=Eye((186.0, 186.0, 188.0), (132.0, 132.0, 135.0), (104.0, 104.0, 107.0), (78.0, 78.0, 81.0),
            (44.0, 44.0, 46.0)),
    inside=(92.0, 92.0, 95.0),
)  # fmt: skip

# the plain colours of surfaces that have no painted skin, and what all tones share
SKIN_LOOK: Final = Look(
    skin=Material((214.0, 173.0, 154.0), 0.075, 0.46),
    lips=Material((192.0, 130.0, 120.0), 0.16, 0.34),
    eyes=Material((235.0, 230.0, 225.0), 4.0, 0.24, occlusion=0.75, least_light=0.25),
    teeth=Material((234.0, 227.0, 214.0), 0.4, 0.22, occlusion=0.98, least_light=0.003),
    gums=Material((172.0, 92.0, 90.0), 0.3, 0.3, occlusion=0.98, least_light=0.003),
    tongue=Material((182.0, 98.0, 96.0), 0.25, 0.36, occlusion=0.9, least_light=0.03),
    mouth=Material((150.0, 74.0, 68.0), 0.0, 0.6, occlusion=0.95, least_light=0.01),
    eye=Eye((238.0, 232.0, 227.0), (150.0, 110.0, 68.0), (104.0, 74.0, 48.0), (50.0, 37.0, 30.0),
            (12.0, 10.0, 10.0), pupil_radius=0.33, fibres=0.16, lid_shade=0.72),
    inside=(96.0, 62.0, 54.0),
    wrap=(0.48, 0.33, 0.27),
)  # fmt: skip

IRISES: Final[dict[str, tuple[Colour, Colour, Colour]]] = {  # tone -> around the pupil, outer, limbus
    "porcelain": ((150.0, 160.0, 158.0), (92.0, 116.0, 132.0), (54.0, 66.0, 76.0)),
    "light": ((150.0, 116.0, 72.0), (98.0, 92.0, 64.0), (62.0, 56.0, 42.0)),
    "medium": ((146.0, 100.0, 58.0), (96.0, 64.0, 40.0), (58.0, 42.0, 32.0)),
    "tan": ((124.0, 82.0, 48.0), (80.0, 52.0, 33.0), (50.0, 36.0, 28.0)),
    "brown": ((104.0, 66.0, 40.0), (66.0, 42.0, 28.0), (33.0, 24.0, 20.0)),
    "deep": ((86.0, 54.0, 36.0), (54.0, 35.0, 25.0), (27.0, 20.0, 18.0)),
}


def skin_look(tone: Tone, iris: tuple[Colour, Colour, Colour] = IRISES["light"]) -> Look:
    """Skin and eyes of another tone; surfaces without a painted skin take its plain colours."""
    red, green, blue = (0.4 * a + 0.6 * b for a, b in zip(tone.skin, tone.lip, strict=True))
    inner, outer, limbus = iris
    return replace(
        SKIN_LOOK,
        skin=replace(SKIN_LOOK.skin, colour=tone.skin, specular=0.045 + 0.03 * tone.skin[1] / 180),
        lips=replace(SKIN_LOOK.lips, colour=(red, green, blue)),
        eye=replace(SKIN_LOOK.eye, inner=inner, outer=outer, limbus=limbus),
        tone=tone,
    )


LOOKS: Final[dict[str, Look]] = {
    "clay": CLAY,
    "skin": skin_look(TONES["light"]),
    **{name: skin_look(tone, IRISES[name]) for name, tone in TONES.items()},
    **{f"{name}-cropped": skin_look(cropped(tone), IRISES[name]) for name, tone in TONES.items()},
}
assert all(hasattr(CLAY, f.name) for f in fields(Look))
