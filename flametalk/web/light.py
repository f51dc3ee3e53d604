"""The player's light: lamps and materials of a look as numbers for its shader."""

from typing import Any, Final

import numpy as np

from ..export.materials import Appearance
from ..render.colours import linear
from ..render.looks import LOOKS, Lamp

SHOWN_AS: Final = {"eyes": "sclera", "mouth": "gums"}  # slot of a textured head -> material it answers like


def light_of(look_name: str, wear: Appearance) -> dict[str, Any]:
    """What `render/packing.py` makes of a look, less the painted eyes, whose picture is in the texture."""
    look = LOOKS[look_name]
    studio = look.studio
    answers = {}
    for slot in wear.materials:
        made = look.material(SHOWN_AS.get(slot.name, slot.name))
        answers[slot.name] = [made.specular, made.roughness**4, made.least_light, made.occlusion]
    return {
        "lamps": [_lamp(lamp) for lamp in (studio.key, studio.fill, studio.back, studio.catch)],
        "sky": list(studio.sky),
        "ground": list(studio.ground),
        "rim": studio.rim,
        "exposure": look.exposure,
        "wrap": [1 / (1 + width) for width in look.wrap],
        "inside": [round(float(c), 5) for c in linear(look.inside)],
        "answers": answers,
    }


def _lamp(lamp: Lamp) -> dict[str, Any]:
    direction = np.array(lamp.direction) / np.linalg.norm(lamp.direction)
    return {
        "direction": [round(float(x), 6) for x in direction],
        "colour": list(lamp.colour),
        "shine": lamp.specular,
    }
