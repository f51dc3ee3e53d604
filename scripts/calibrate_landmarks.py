"""Where a tracker's landmarks lie on the built-in head: `python -m scripts.calibrate_landmarks`.

A tracker has its own idea of where a nostril or a hairline is. Random faces are rendered, MediaPipe looks
at them, and what it is off by is told apart: what follows from the face and its turn, what all landmarks err
by together, and the spread that stays (`flametalk/lift/habits.py`). What landmarks tell of turn, jaw and
glance is learned from the same faces (`flametalk/lift/reader.py`), and from others with the mouth wide open.
Writes `landmarks_builtin.safetensors` and `reader_builtin.safetensors` beside them; takes some 20 minutes of
a core. Needs the extra `lift`.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
import torch

from flametalk.conventions import JAW_JOINT, LEFT_EYE, MILLIMETRES, N_JOINTS, N_SHAPE, RIGHT_EYE, ROOT
from flametalk.head import Head
from flametalk.head.embeddings import contour_row
from flametalk.lift.habits import TABLE as HABITS
from flametalk.lift.habits import Habits, write_habits
from flametalk.lift.marks import OUTLINE, outline_rows, plain_marks
from flametalk.lift.outline import nearest_on_line
from flametalk.lift.points import place
from flametalk.lift.reader import TABLE as READER
from flametalk.lift.reader import write_reader
from flametalk.lift.tracker import choose
from flametalk.lift.unknowns import joint_rotations

from .learn_reader import learn
from .lift_faces import Face, random_faces

HABIT_FACES = 1000  # of more, habits follow renders further than real faces do
WAYS = 30  # errors that landmarks make together
FOLDS = 5  # in which faces are judged by what others say
NEVER = 1e12
# Faces whose word an answer of nothing has: constant, shape, expression, root, neck, jaw, left, right eye.
RIDGE = (5.0, 100.0, 10.0, 1.0, NEVER, 1.0, 1.0, 1.0)
RIDGE_OUTLINE = 1.0


def truth(faces: list[Face]) -> tuple[torch.Tensor, torch.Tensor]:
    """Coefficients and joint rotations."""
    pose = torch.from_numpy(np.stack([face.pose for face in faces]))
    angles = [pose[:, ROOT], pose[:, JAW_JOINT], pose[:, LEFT_EYE, :2], pose[:, RIGHT_EYE, :2]]
    shape, expression = (np.stack([getattr(f, name) for f in faces]) for name in ("shape", "expression"))
    return torch.from_numpy(np.concatenate([shape, expression], 1)), joint_rotations(torch.cat(angles, 1))


def calibrate(head: Head, faces: list[Face], landmarks: np.ndarray) -> Habits:
    """What the landmarks (faces, 478, 2) of these faces are off by."""
    marks = plain_marks(head)
    coefficients, rotations = truth(faces)
    pixels = torch.from_numpy(landmarks).double()
    plane, unit = seen_by(faces, place(marks.points, coefficients, rotations))
    up = torch.tensor([1.0, -1.0])
    away = (pixels[:, list(marks.ids)] - plane) * unit[..., None] * up  # mm, f n 2
    answers, rest = answers_of(away, coefficients, rotations)
    rows = outline_rows(contour_row(rotations[:, ROOT]))
    line, unit = seen_by(faces, place(marks.outline, coefficients, rotations, rows))
    blend, normal = nearest_on_line(line, pixels[:, list(OUTLINE)])
    across = ((pixels[:, list(OUTLINE)] - blend @ line) * normal).sum(-1) * unit
    outline, rest_outline = outline_of(across, rotations)
    every = torch.cat([rest.flatten(1), rest_outline], 1)
    together, size, ways = torch.linalg.svd(every, full_matrices=False)
    left = every - (together[:, :WAYS] * size[:WAYS]) @ ways[:WAYS]
    ways = size[:WAYS, None] * ways[:WAYS] / len(faces) ** 0.5
    count = 2 * len(marks.ids)
    return Habits(
        head.name,
        marks.ids,
        answers,
        outline,
        ways[:, :count].unflatten(1, (-1, 2)),
        ways[:, count:],
        left[:, :count].unflatten(1, (-1, 2)).square().mean((0, 2)).sqrt(),
        left[:, count:].square().mean(0).sqrt(),
    )


def seen_by(faces: list[Face], points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pixels of points (faces, n, 3), and the millimetres of a pixel at their distance."""
    focal = torch.tensor([face.camera.focal for face in faces])[:, None]
    centre = torch.tensor([face.camera.principal_point for face in faces])[:, None]
    local = np.stack([f.camera.to_camera(p) for f, p in zip(faces, points.numpy(), strict=True)])
    depth = torch.from_numpy(local[..., 2])
    plane = torch.from_numpy(local[..., :2]) * (focal / depth)[..., None] + centre
    return plane, depth.mean(1, keepdim=True) / focal * MILLIMETRES


def answers_of(
    away: torch.Tensor, coefficients: torch.Tensor, rotations: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ridge regression of what landmarks are off by, seen from the head: answers (n, 3, k), and the rest.

    The rest of a face is what answers leave that were measured on other faces.
    """
    features = (rotations - torch.eye(3, dtype=rotations.dtype)).flatten(1)
    columns = torch.cat([torch.ones(len(away), 1, dtype=away.dtype), coefficients, features], 1)
    widths = [1, N_SHAPE, coefficients.shape[1] - N_SHAPE, *[9] * N_JOINTS]
    ridge = torch.cat([torch.full((w,), r, dtype=away.dtype) for w, r in zip(widths, RIDGE, strict=True)])
    turn = rotations[:, ROOT, :2]  # what of the head's axes is seen in the picture
    lines = torch.einsum("fxc,fk->fxck", turn, columns).flatten(2)  # f 2 (3 k)

    def solved(used: torch.Tensor) -> torch.Tensor:
        rows, wanted = lines[used].flatten(0, 1), away[used].transpose(1, 2).flatten(0, 1)
        return torch.linalg.solve(rows.T @ rows + torch.diag(ridge.repeat(3)), rows.T @ wanted)

    group, rest = torch.arange(len(away)) % FOLDS, torch.zeros_like(away)
    for fold in range(FOLDS):
        mine = group == fold
        rest[mine] = away[mine] - (lines[mine] @ solved(~mine)).transpose(1, 2)
    return solved(group >= 0).T.unflatten(1, (3, -1)), rest


def outline_of(across: torch.Tensor, rotations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The same for the outline, by the head's turn alone: (m, 10), and the rest."""
    turn = (rotations[:, ROOT] - torch.eye(3, dtype=rotations.dtype)).flatten(1)
    rows = torch.cat([torch.ones(len(across), 1, dtype=across.dtype), turn], 1)
    group, rest = torch.arange(len(across)) % FOLDS, torch.zeros_like(across)

    def solved(used: torch.Tensor) -> torch.Tensor:
        ridge = RIDGE_OUTLINE * torch.eye(rows.shape[1], dtype=rows.dtype)
        return torch.linalg.solve(rows[used].T @ rows[used] + ridge, rows[used].T @ across[used])

    for fold in range(FOLDS):
        mine = group == fold
        rest[mine] = across[mine] - rows[mine] @ solved(~mine)
    return solved(group >= 0).T, rest


@dataclass(frozen=True, eq=False)
class Seen:
    """Faces that were found, without their pictures, and their landmarks (f, 478, 2)."""

    faces: list[Face]
    twice: np.ndarray  # as a photo's are
    once: np.ndarray  # as those of a video's frame


def seen_faces(head: Head, count: int, seed: int, gaping: bool = False) -> Seen:
    from flametalk.lift.mediapipe_tracker import MediaPipeTracker

    faces, twice, once = [], [], []
    with MediaPipeTracker(still=True) as tracker, MediaPipeTracker(still=True, twice=False) as single:
        for face in random_faces(head, count, seed, gaping):
            found, first = choose(tracker.faces(face.picture), None), choose(single.faces(face.picture), None)
            if found is not None and first is not None:
                faces.append(replace(face, picture=np.zeros((0, 0, 3), np.uint8), vertices=np.zeros((0, 3))))
                twice.append(found.landmarks[:, :2])
                once.append(first.landmarks[:, :2])
    return Seen(faces, np.stack(twice), np.stack(once))


def write_tables(head: Head, usual: Seen, gaping: Seen, story: dict[str, str]) -> None:
    habits = calibrate(head, usual.faces[:HABIT_FACES], usual.twice[:HABIT_FACES])
    write_habits(habits, HABITS, story | {"faces": str(min(HABIT_FACES, len(usual.faces)))})
    print(f"landmarks err by {rms(habits.ways):.2f} mm together and {rms(habits.spread):.2f} mm each alone")
    looks = [np.concatenate([usual.twice, gaping.twice]), np.concatenate([usual.once, gaping.once])]
    reader, wrong = learn(head, usual.faces + gaping.faces, looks)
    write_reader(reader, READER, story)
    wrong = np.degrees(wrong[: len(usual.faces)])
    print("what faces tell that were not learned from (photos) is off by")
    print(f"  {np.linalg.norm(wrong[:, :3], axis=1).mean():.2f}° of turn, {wrong[:, 3].std():.2f}° of jaw")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--gaping", type=int, default=1500, help="more, with the mouth wide open")
    parser.add_argument("--seed", type=int, default=1, help="and the next but one for those that gape")
    options = parser.parse_args()
    head = Head.load()
    usual = seen_faces(head, options.count, options.seed)
    gaping = seen_faces(head, options.gaping, options.seed + 2, gaping=True)
    print(f"{len(usual.faces)} of {options.count} and {len(gaping.faces)} of {options.gaping} faces found")
    counts = {"faces": str(len(usual.faces)), "gaping": str(len(gaping.faces))}
    write_tables(head, usual, gaping, {**counts, "seed": str(options.seed)})


def rms(values: torch.Tensor) -> float:
    """Of the ways: of all together."""
    squared = values.square().sum(0) if values.ndim == 3 else values.square()
    return float(squared.mean().sqrt())


if __name__ == "__main__":
    main()
