"""The pictures of the README, made anew: `python -m scripts.make_pictures` writes assets/*.jpg."""

from pathlib import Path

import numpy as np
import torch

from flametalk.clip import Clip
from flametalk.film import camera_for, picture_strip, surface_of
from flametalk.head import Head
from flametalk.reel import make_reel
from flametalk.render import render_frames
from flametalk.render.grid import grid
from flametalk.render.images import write_image

ASSETS = Path("assets")
STRIP = (0.7, 1.02, 1.5, 2.1, 3.0, 4.6, 5.3, 6.0, 7.35, 9.0)  # seconds of the reel worth showing
SIZE = 300
VIEWS = (
    ("front", "shaded", "skin"),
    ("three-quarter", "shaded", "skin"),
    ("profile", "shaded", "skin"),
    ("three-quarter", "shaded", "clay"),
    ("three-quarter", "wire", "clay"),
    ("three-quarter", "normals", "clay"),
    ("three-quarter", "depth", "clay"),
    ("three-quarter", "uv", "clay"),
)
PEOPLE = 16


def main() -> None:
    head = Head.load()
    picture_strip(make_reel(head), ASSETS / "strip.jpg", head, STRIP, 256)
    write_image(_views(head), ASSETS / "views.jpg")
    write_image(_people(head), ASSETS / "people.jpg")
    for path in sorted(ASSETS.glob("*.jpg")):
        print(f"{path}: {path.stat().st_size:,} bytes")


def _views(head: Head) -> np.ndarray:
    clip = Clip.neutral(1, made_for=head.name)
    vertices = clip.vertices(head).numpy()
    pictures = [
        next(render_frames(vertices, surface_of(head), camera_for(clip, head, view, SIZE), mode, look))
        for view, mode, look in VIEWS
    ]
    return grid(pictures, [f"{view}, {look if mode == 'shaded' else mode}" for view, mode, look in VIEWS], 4)


def _people(head: Head) -> np.ndarray:
    shapes = torch.randn(PEOPLE, head.n_shape, generator=torch.Generator().manual_seed(3)).numpy()
    clip = Clip.neutral(PEOPLE, shape=shapes, made_for=head.name)
    camera = camera_for(clip, head, "front", SIZE // 2)
    frames = render_frames(clip.vertices(head).numpy(), surface_of(head), camera, look="skin")
    return grid(list(frames), columns=PEOPLE // 2, gap=0)


if __name__ == "__main__":
    main()
