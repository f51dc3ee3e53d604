"""The same frame from every back end that can draw here: `python -m scripts.draw_backends [-o SHEET.jpg]`.

FLAMETALK_BLENDER names Blender, or a Python with bpy. What is not installed is left out, and said so.
PyTorch3D on a CPU takes minutes and draws only when it is named: `--names cpu gl pyrender pytorch3d blender`.
"""

import argparse
from pathlib import Path

import numpy as np

from flametalk.clip import Clip
from flametalk.errors import MissingExtraError
from flametalk.film import camera_for, surface_of
from flametalk.head import Head
from flametalk.render import Settings, open_backend
from flametalk.render.grid import grid
from flametalk.render.images import write_image

NAMES = ("cpu", "gl", "pyrender", "blender")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--names", nargs="+", default=NAMES, metavar="NAME", help="default: %(default)s")
    parser.add_argument("--size", type=int, default=320, help="pixels a side; default: %(default)s")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/pictures/backends.jpg"))
    options = parser.parse_args()
    head = Head.load()
    clip = laughing(head)
    camera = camera_for(clip, head, "three-quarter", options.size)
    vertices, surface = clip.vertices(head)[0].numpy(), surface_of(head)
    pictures, labels = [], []
    for name in options.names:
        try:
            renderer = open_backend(name, Settings(look="skin"))
        except MissingExtraError as error:
            print(f"{name} is left out: {error}")
            continue
        try:
            pictures.append(renderer.render(vertices, surface, camera).colour)
            labels.append(name)
        finally:
            renderer.close()
    write_image(grid(pictures, labels, columns=len(pictures)), options.output)
    print(f"wrote {options.output}: {', '.join(labels)}")


def laughing(head: Head) -> Clip:
    """Teeth, tongue, a turned eye: what back ends could draw differently."""
    happy = head.actions["emotion/happy"]
    jaw = happy.jaw.numpy() + np.array([0.2, 0, 0])
    eyes = np.tile([0.0, 0.15, 0.0], 2)
    return Clip.neutral(
        1, expression=happy.expression.numpy()[None], jaw=jaw[None], eyes=eyes[None], made_for=head.name
    )


if __name__ == "__main__":
    main()
