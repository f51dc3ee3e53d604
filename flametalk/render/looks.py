"""`Look`: what each material of the head reflects, and the studio light it stands in.

Colours are sRGB, 0…255. Light directions point from the head to the lamp in the picture's axes (x right,
y up, z toward the viewer): the studio turns with the camera, so that every view is well lit.
"""

from dataclasses import dataclass, fields
from typing import Final

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
    wrap: Colour = (0.3, 0.3, 0.3)  # how far red, green and blue creep round into the shadow, 0…1
    occlusion: float = 0.5  # how much baked occlusion dims the lamps too (the ambient light it dims fully)
    least_light: float = 0.0  # baked occlusion is raised to this: for what a closed mouth hides
    rim: float = 1.0  # share of the rim light


@dataclass(frozen=True)
class Lamp:
    """A distant soft light."""

    direction: tuple[float, float, float]
    colour: tuple[float, float, float]  # linear, 1 = full
    specular: float = 1.0


@dataclass(frozen=True)
class Studio:
    """Three lamps, light from all around, and a rim."""

    key: Lamp = Lamp((-0.55, 0.62, 0.72), (0.66, 0.64, 0.61))
    fill: Lamp = Lamp((0.80, 0.10, 0.62), (0.20, 0.21, 0.23), 0.35)
    back: Lamp = Lamp((0.62, 0.42, -0.58), (0.42, 0.43, 0.46), 0.0)
    sky: tuple[float, float, float] = (0.42, 0.43, 0.45)
    ground: tuple[float, float, float] = (0.25, 0.235, 0.22)
    rim: float = 0.22  # light at grazing angles


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


@dataclass(frozen=True)
class Look:
    """A complete appearance. `CLAY` and `SKIN` are ready made; `dataclasses.replace` makes others."""

    skin: Material
    lips: Material
    eyes: Material  # surface of the eyeball; its colours come from `eye`
    teeth: Material
    gums: Material
    tongue: Material
    mouth: Material
    eye: Eye
    inside: Colour  # back faces: the inner side of the open neck
    studio: Studio = Studio()
    background: Colour = (238.0, 239.0, 241.0)
    exposure: float = 1.0

    def material(self, name: str) -> Material:
        """By name in `MATERIALS`."""
        return self.eyes if name in ("sclera", "iris", "pupil") else getattr(self, name)


_grey = (168.0, 168.0, 171.0)
_soft = (0.42, 0.42, 0.42)
CLAY: Final = Look(
    skin=Material(_grey, 0.055, 0.55, _soft),
    lips=Material((158.0, 157.0, 160.0), 0.10, 0.45, _soft),
    eyes=Material(_grey, 0.75, 0.16, _soft, occlusion=0.7, least_light=0.35, rim=0.3),
    teeth=Material((205.0, 205.0, 205.0), 0.25, 0.3, _soft, least_light=0.45, rim=0.0),
    gums=Material((140.0, 138.0, 140.0), 0.15, 0.4, _soft, least_light=0.3, rim=0.0),
    tongue=Material((136.0, 134.0, 136.0), 0.15, 0.45, _soft, least_light=0.3, rim=0.0),
    mouth=Material((86.0, 85.0, 87.0), 0.0, 0.6, _soft, occlusion=0.9, least_light=0.12, rim=0.0),
    eye=Eye((196.0, 196.0, 198.0), (120.0, 120.0, 124.0), (98.0, 98.0, 102.0), (70.0, 70.0, 74.0),
            (34.0, 34.0, 36.0)),
    inside=(92.0, 92.0, 95.0),
)  # fmt: skip

_flesh = (0.55, 0.36, 0.28)
SKIN_LOOK: Final = Look(
    skin=Material((218.0, 170.0, 146.0), 0.085, 0.48, _flesh),
    lips=Material((188.0, 112.0, 104.0), 0.22, 0.34, _flesh),
    eyes=Material((235.0, 230.0, 225.0), 1.0, 0.13, (0.5, 0.45, 0.42), occlusion=0.7, least_light=0.35, rim=0.3),
    teeth=Material((232.0, 224.0, 208.0), 0.4, 0.22, (0.5, 0.48, 0.45), least_light=0.5, rim=0.0),
    gums=Material((178.0, 92.0, 90.0), 0.3, 0.3, _flesh, least_light=0.3, rim=0.0),
    tongue=Material((186.0, 98.0, 96.0), 0.25, 0.36, _flesh, least_light=0.3, rim=0.0),
    mouth=Material((96.0, 40.0, 38.0), 0.0, 0.6, _flesh, occlusion=0.9, least_light=0.12, rim=0.0),
    eye=Eye((232.0, 226.0, 220.0), (134.0, 96.0, 58.0), (92.0, 64.0, 42.0), (44.0, 32.0, 26.0),
            (12.0, 10.0, 10.0), fibres=0.16),
    inside=(96.0, 62.0, 54.0),
    studio=Studio(),
)  # fmt: skip

LOOKS: Final[dict[str, Look]] = {"clay": CLAY, "skin": SKIN_LOOK}
assert all(hasattr(CLAY, f.name) for f in fields(Look))
