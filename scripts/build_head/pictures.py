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
from flametalk.render import Camera, CpuRenderer, Settings, from_head, perspective
from flametalk.render.grid import grid

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
QUALITY = 85  # JPEG
MOST_BYTES = 350_000  # of one sheet
DISTANCE = 0.9  # metres from the camera to what it looks at
FRONT, TURNED, PROFILE = (0.0, 0.0), (38.0, 4.0), (90.0, 0.0)  # yaw toward the subject's left, pitch; degrees
WHOLE, LARGE = ((0, -36, 15), 305), ((0, -14, 15), 285)  # centre, height in mm
FACE, MOUTH = ((0, -34, 70), 178), ((0, -58, 70), 105)
PEOPLE, SEED = 32, 1
GAPING = {  # expressions that need an open jaw to be seen: degrees
    "mouth_close": 20.0,
    "tongue_out": 12.0,
    "tongue_up": 12.0,
    "tongue_back": 14.0,
    "tongue_side": 14.0,
}
Tile = tuple[str, np.ndarray]


class Studio:
    """Draws poses of one head."""

    def __init__(self, head: Head) -> None:
        self.head, self.surface = head, from_head(head)
        self.renderers = {mode: CpuRenderer(Settings(mode=mode, look="skin")) for mode in ("shaded", "wire")}

    def tile(
        self,
        view: tuple[float, float],
        part: tuple[tuple[float, float, float], float],
        size: int,
        *,
        shape: torch.Tensor | None = None,
        expression: torch.Tensor | None = None,
        pose: torch.Tensor | None = None,
        mode: str = "shaded",
    ) -> np.ndarray:
        """A square picture; coefficients that are left out are zero."""
        vertices = self.head.vertices(
            torch.zeros(1, N_SHAPE) if shape is None else shape[None],
            torch.zeros(1, N_EXPRESSION) if expression is None else expression[None],
            torch.zeros(1, 5, 3) if pose is None else pose[None],
        )
        camera = aimed(view, part, size)
        return self.renderers[mode].render(vertices[0].numpy(), self.surface, camera).colour

    def action(self, name: str, view: tuple[float, float], part: tuple, size: int) -> np.ndarray:
        """A named action at full strength."""
        action = self.head.actions[name]
        pose = torch.zeros(5, 3)
        pose[2], pose[3:] = action.jaw, action.eyes.reshape(2, 3)
        return self.tile(view, part, size, expression=action.expression, pose=pose)


def aimed(view: tuple[float, float], part: tuple, size: int) -> Camera:
    """A camera toward a part of the head, `part` being its centre and visible height in millimetres."""
    yaw, pitch = (math.radians(angle) for angle in view)
    away = np.array([math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)])
    target = np.array(part[0]) / 1000
    return perspective(target + DISTANCE * away, target, size, size, 2 * math.atan(part[1] / 2000 / DISTANCE))


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


def emotions(studio: Studio) -> Iterator[Tile]:
    """Emotions at full strength, and a blink."""
    for name in (n for n in studio.head.actions if n.startswith("emotion/") or n == "blink"):
        yield name.removeprefix("emotion/"), studio.action(name, FRONT, FACE, 300)


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


SHEETS = {  # function, columns
    "views": (views, 3),
    "speech": (speech, 4),
    "emotions": (emotions, 4),
    "expressions": (expressions, 10),
    "people": (people, 8),
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
