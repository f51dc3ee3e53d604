"""The pictures of docs/lift.md, from renders of the built-in head: `python -m scripts.make_lift_pictures`.

`lift_synthetic.jpg`: rendered strangers, and what was lifted from each drawn over it (extra `lift`).
`lift_identity.jpg`: one motion as differences, given to three people: who they are stays.
"""

from pathlib import Path

import numpy as np

from flametalk.clip import Clip
from flametalk.conventions import N_SHAPE
from flametalk.film import surface_of
from flametalk.head import Head
from flametalk.lift.overlay import overlay_frames
from flametalk.lift.sources import lift_frames
from flametalk.motion.differential import Differential, from_differential, to_differential
from flametalk.motion.space import BUILTIN_162
from flametalk.render import CpuRenderer, Settings, frame_head
from flametalk.render.grid import grid
from flametalk.render.images import write_image

from .lift_faces import PEOPLE, random_faces, random_pose

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
SEED, FACES = 7, 6
SMALL = 224


def synthetic(head: Head) -> None:
    """Above the render, below the fitted head over it."""
    from flametalk.lift.mediapipe_tracker import MediaPipeTracker

    above, below = [], []
    for face in random_faces(head, FACES, SEED):
        with MediaPipeTracker(still=True) as tracker:
            lifted = lift_frames([face.picture], tracker, head)
        over = next(overlay_frames(lifted, [face.picture], head, beside=False))
        low, high = lifted.landmarks[0].min(0), lifted.landmarks[0].max(0)
        half = int(0.85 * (high - low).max())
        x, y = ((low + high) / 2).astype(int)
        part = slice(max(y - half, 0), y + half), slice(max(x - half, 0), x + half)
        above.append(_square(face.picture[part]))
        below.append(_square(over[part]))
    write_image(grid(above + below, columns=FACES, gap=2), PICTURES / "lift_synthetic.jpg")


def _square(picture: np.ndarray) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((SMALL, SMALL), Image.Resampling.LANCZOS))


def identity(head: Head) -> None:
    """Rows are people, columns are moments of one motion."""
    chance = np.random.default_rng(SEED)
    moments = [random_pose(chance, head) for _ in range(FACES - 1)]
    expression = np.stack([np.zeros(head.n_expression), *(e for e, _ in moments)])
    pose = np.stack([np.zeros((5, 3)), *(p for _, p in moments)])
    motion = Clip.neutral(
        FACES,
        shape=PEOPLE * chance.standard_normal(N_SHAPE),
        expression=expression,
        head=pose[:, 0] * 0.6,
        jaw=pose[:, 2],
        eyes=pose[:, 3:].reshape(-1, 6),
        made_for=head.name,
    )
    differences = to_differential(motion, 0, BUILTIN_162)
    rows = []
    for _ in range(3):
        other = Clip.neutral(1, shape=1.2 * PEOPLE * chance.standard_normal(N_SHAPE), made_for=head.name)
        reference = BUILTIN_162.pack(other)[0]
        clip = from_differential(Differential(BUILTIN_162, reference, differences.values))
        rows += _row(clip, head)
    write_image(grid(rows, columns=FACES, gap=2), PICTURES / "lift_identity.jpg")


def _row(clip: Clip, head: Head) -> list[np.ndarray]:
    vertices, face = clip.vertices(head).numpy(), head.regions["face"].long().numpy()
    camera = frame_head(vertices[:, face], "front", SMALL, SMALL, margin=0.02)
    renderer = CpuRenderer(Settings(look="skin"))
    pictures = [renderer.render(v, surface_of(head), camera).colour for v in vertices]
    return [picture for picture in pictures if picture is not None]


def main() -> None:
    head = Head.load()
    identity(head)
    synthetic(head)


if __name__ == "__main__":
    main()
