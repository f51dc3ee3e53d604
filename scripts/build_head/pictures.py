"""python -m scripts.build_head.pictures [--head FILE] [--out DIR] [SHEET …]: the sheets of docs/head.md.

Drawn with the library's own renderer, from the finished head alone.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from flametalk.conventions import N_EXPRESSION, N_SHAPE
from flametalk.head import Head
from flametalk.render.grid import grid
from flametalk.render.skin import TONES

from .studio import Studio

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
QUALITY = 84  # JPEG
MOST_BYTES = 350_000  # of one sheet
FRONT, TURNED, PROFILE = (0.0, 0.0), (38.0, 4.0), (90.0, 0.0)  # yaw toward the subject's left, pitch; degrees
WHOLE, LARGE = ((0, -36, 15), 305), ((0, -14, 15), 285)  # centre, height in mm
FACE, MOUTH = ((0, -34, 70), 178), ((0, -58, 70), 105)
EYES, BROW = ((0, 2, 75), 104), ((8, -8, 75), 125)
PEOPLE, SEED = 32, 1
SHORN = ("porcelain", "light", "tan", "deep")  # tones shown with short hair
GAPING = {  # expressions that need an open jaw to be seen: degrees
    "mouth_close": 20.0,
    "tongue_out": 12.0,
    "tongue_up": 12.0,
    "tongue_back": 14.0,
    "tongue_side": 14.0,
    "bite": 5.0,
}
Tile = tuple[str, np.ndarray]


def views(studio: Studio) -> Iterator[Tile]:
    """The mean head, and its mesh."""
    for label, view in (("front", FRONT), ("three-quarter", TURNED), ("profile", PROFILE)):
        yield label, studio.tile(view, WHOLE, 380)
    for label, view, part in (("quads", FRONT, FACE), ("quads", TURNED, WHOLE), ("mouth", TURNED, MOUTH)):
        yield label, studio.tile(view, part, 380, mode="wire")


def speech(studio: Studio) -> Iterator[Tile]:
    """Speech shapes, each from the front and turned."""
    for name in (n for n in studio.head.actions if n.startswith("speech/")):
        yield (
            name.removeprefix("speech/"),
            np.hstack([studio.action(name, view, MOUTH, 170) for view in (FRONT, TURNED)]),
        )


def expressions(studio: Studio) -> Iterator[Tile]:
    """The expression basis, one column a picture."""
    for i, name in enumerate(studio.head.expression_names):
        strength, pose = torch.zeros(N_EXPRESSION), torch.zeros(5, 3)
        strength[i], pose[2, 0] = 1.0, math.radians(GAPING.get(name, 0.0))
        yield name, studio.tile(FRONT, FACE, 168, expression=strength, pose=pose)


def people(studio: Studio) -> Iterator[Tile]:
    """Random identities, one standard deviation a coefficient."""
    generator = torch.Generator().manual_seed(SEED)
    for shape in torch.randn(PEOPLE, N_SHAPE, generator=generator):
        yield "", studio.tile((18.0, 2.0), LARGE, 200, shape=shape)


def levels(studio: Studio) -> Iterator[Tile]:
    """Seven emotions by three strengths."""
    for name in (n for n in studio.head.actions if n.startswith("emotion/")):
        for level in (0.5, 1.0, 1.5):
            label = f"{name.removeprefix('emotion/')} {level:g}"
            yield label, studio.action(name, (18.0, 2.0), FACE, 200, level, detail=True)


def eyes(studio: Studio) -> Iterator[Tile]:
    """A blink in steps, and gaze of 30 degrees."""
    for level in (0.0, 0.5, 1.0):
        yield f"blink {level:g}", studio.action("blink", FRONT, EYES, 300, level)
    for pitch in (-30, 0, 30):
        for yaw in (-30, 0, 30):
            pose = torch.zeros(5, 3)
            pose[3:] = torch.tensor([math.radians(pitch), math.radians(yaw), 0.0])
            yield f"{-pitch:+d}° up, {yaw:+d}° left", studio.tile(FRONT, EYES, 300, pose=pose)


def jaw(studio: Studio) -> Iterator[Tile]:
    """The jaw alone, up to 30 degrees, from three sides."""
    for label, view in (("front", FRONT), ("three-quarter", TURNED), ("profile", PROFILE)):
        for angle in (0, 10, 20, 30):
            pose = torch.zeros(5, 3)
            pose[2, 0] = math.radians(angle)
            yield f"{label}, {angle}°", studio.tile(view, ((0, -60, 55), 190), 250, pose=pose)


def blinks(studio: Studio) -> Iterator[Tile]:
    """The people of the sheet with closed eyes."""
    for shape in torch.randn(PEOPLE, N_SHAPE, generator=torch.Generator().manual_seed(SEED)):
        yield "", studio.action("blink", FRONT, ((0, 2, 75), 92), 200, shape=shape)


def looks(studio: Studio) -> Iterator[Tile]:
    """Clay, the skin tones, and short hair."""
    for look in ("clay", *TONES, *(f"{tone}-cropped" for tone in SHORN)):
        yield look, studio.tile((24.0, 3.0), LARGE, 300, look=look)
    yield "clay, detail", studio.tile((24.0, 3.0), LARGE, 300, look="clay", code=_marked(studio), detail=True)


def _marked(studio: Studio) -> np.ndarray:
    """A code of lines and pores such as a face of fifty has."""
    from flametalk.head.detail import load_detail

    wanted = {"pores": 1.0, "fine": 0.8, "forehead": 0.4, "nasolabial": 0.7, "crows": 0.4, "under_eye": 0.5}
    names = load_detail(studio.head.name).names
    return np.array([next((v for k, v in wanted.items() if n.startswith(k)), 0.0) for n in names], np.float32)


def detail(studio: Studio) -> Iterator[Tile]:
    """Wrinkles that expressions make, a code of one's own, and age."""
    names = list(studio.head.expression_names)

    def both(*kinds: str) -> torch.Tensor:
        return torch.tensor(
            [float(name.removesuffix("_left").removesuffix("_right") in kinds) for name in names]
        )

    older = torch.tensor([2.5 * (name == "older") for name in studio.head.shape_names])
    yield "rest", studio.tile((20.0, 3.0), BROW, 340, detail=True)
    for label, kinds in (
        ("brows up", ("brow_inner_up", "brow_outer_up")), ("frown", ("brow_lower",)),
        ("nose wrinkled", ("nose_wrinkle", "brow_lower")),
    ):  # fmt: skip
        yield label, studio.tile((20.0, 3.0), BROW, 340, expression=both(*kinds), detail=True)
    for name, part in (("happy", ((14, -32, 75), 125)), ("disgust", BROW)):
        yield name, studio.action(f"emotion/{name}", (20.0, 3.0), part, 340, detail=True)
    yield "a code: lines, pores", studio.tile((20.0, 3.0), BROW, 340, code=_marked(studio), detail=True)
    yield "older by 2.5", studio.tile((20.0, 3.0), ((8, -20, 75), 150), 340, shape=older, detail=True)


SHEETS = {  # function, columns
    "views": (views, 3),
    "speech": (speech, 4),
    "expressions": (expressions, 10),
    "people": (people, 8),
    "levels": (levels, 6),
    "eyes": (eyes, 3),
    "jaw": (jaw, 4),
    "blinks": (blinks, 8),
    "looks": (looks, 4),
    "detail": (detail, 4),
}


def write_pictures(
    head: Head, folder: Path = FOLDER, say: Callable[[str], None] = print, names: tuple[str, ...] = ()
) -> None:
    """`head_<sheet>.jpg` for the named sheets, or for all."""
    folder.mkdir(parents=True, exist_ok=True)
    studio = Studio(head)
    for name in names or SHEETS:
        draw, columns = SHEETS[name]
        labels, tiles = zip(*draw(studio), strict=True)
        path = folder / f"head_{name}.jpg"
        Image.fromarray(grid(tiles, labels if any(labels) else None, columns)).save(path, quality=QUALITY)
        size = path.stat().st_size
        assert size <= MOST_BYTES, f"{path} has {size:,} bytes, at most {MOST_BYTES:,} are wanted"
        say(f"{path}: {size:,} bytes")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m scripts.build_head.pictures", description=__doc__)
    options.add_argument(
        "sheets", nargs="*", metavar="SHEET", help=f"all if none is named: {', '.join(SHEETS)}"
    )
    options.add_argument("--head", type=Path, help="a head's file; the package's own if left out")
    options.add_argument("--out", type=Path, default=FOLDER)
    args = options.parse_args()
    write_pictures(Head.load(args.head), args.out, names=tuple(args.sheets))


if __name__ == "__main__":
    main()
