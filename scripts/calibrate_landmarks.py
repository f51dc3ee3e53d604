"""Where a tracker's landmarks lie on the built-in head: `python -m scripts.calibrate_landmarks`.

A tracker has its own idea of where a nostril or a hairline is. Random faces are rendered, MediaPipe looks
at them, and what it is off by, seen from the head, is averaged for each landmark: a shift in millimetres, and
the spread that stays, which says how far the landmark is to be trusted. Written to
`flametalk/lift/landmarks_builtin.json`. Needs the extra `lift`.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from flametalk.conventions import JAW_JOINT, LEFT_EYE, MILLIMETRES, RIGHT_EYE, ROOT
from flametalk.files import atomic_path
from flametalk.head import Head
from flametalk.head.embeddings import contour_row
from flametalk.lift.marks import OUTLINE, TABLE, Marks, outline_rows, plain_marks
from flametalk.lift.points import place
from flametalk.lift.residuals import nearest_on_line
from flametalk.lift.unknowns import joint_rotations

from .lift_faces import Face, random_faces

HABITS = 14  # errors that landmarks make together
RIDGE = 5.0  # faces whose word a shift of nothing has


def truth(faces: list[Face]) -> tuple[torch.Tensor, torch.Tensor]:
    """Coefficients and joint rotations."""
    pose = torch.from_numpy(np.stack([face.pose for face in faces]))
    angles = [pose[:, ROOT], pose[:, JAW_JOINT], pose[:, LEFT_EYE, :2], pose[:, RIGHT_EYE, :2]]
    shape, expression = (np.stack([getattr(f, name) for f in faces]) for name in ("shape", "expression"))
    return torch.from_numpy(np.concatenate([shape, expression], 1)), joint_rotations(torch.cat(angles, 1))


def calibrate(marks: Marks, faces: list[Face], landmarks: np.ndarray) -> dict:
    """Shift (x, y, z) and spread in mm by landmark; by landmark of the outline: outwards, and spread."""
    coefficients, rotations = truth(faces)
    pixels = torch.from_numpy(landmarks)
    focal = torch.tensor([face.camera.focal for face in faces])[:, None]
    centre = torch.tensor([face.camera.principal_point for face in faces])[:, None]

    def seen(points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        local = np.stack([f.camera.to_camera(p) for f, p in zip(faces, points.numpy(), strict=True)])
        depth = torch.from_numpy(local[..., 2])
        plane = torch.from_numpy(local[..., :2]) * (focal / depth)[..., None] + centre
        return plane, depth.mean(1, keepdim=True) / focal * MILLIMETRES  # mm a pixel

    plane, unit = seen(place(marks.points, coefficients, rotations))
    away = (pixels[:, list(marks.ids)] - plane) * unit[..., None] * torch.tensor([1.0, -1.0])
    turn = rotations[:, ROOT, :2]  # what of the head's axes is seen in the picture
    matrix = (turn.mT @ turn).sum(0) + RIDGE * torch.eye(3, dtype=turn.dtype)
    shift = torch.linalg.solve(matrix, torch.einsum("bxk,bnx->kn", turn, away)).T
    rest = away - torch.einsum("bxk,nk->bnx", turn, shift)
    together, spread, ways = torch.linalg.svd(rest.flatten(1), full_matrices=False)
    ways = (spread[:HABITS, None] * ways[:HABITS] / len(faces) ** 0.5).unflatten(1, (-1, 2))  # k n 2
    rest = rest - (together[:, :HABITS] * len(faces) ** 0.5 @ ways.flatten(1)).reshape(rest.shape)
    habits = {
        str(number): [[round(float(v), 3) for v in way[i]] for way in ways]
        for i, number in enumerate(marks.ids)
    }
    points = {
        str(number): [round(float(v), 2) for v in (*shift[i], rest[:, i].square().mean().sqrt())]
        for i, number in enumerate(marks.ids)
    }
    rows = outline_rows(contour_row(rotations[:, ROOT]))
    line, unit = seen(place(marks.outline, coefficients, rotations, rows))
    wanted = pixels[:, list(OUTLINE)]
    blend, normal = nearest_on_line(line, wanted)
    across = ((wanted - blend @ line) * normal).sum(-1) * unit
    outline = {
        str(number): [round(float(across[:, i].mean()), 2), round(float(across[:, i].std()), 2)]
        for i, number in enumerate(OUTLINE)
    }
    return {"points": points, "outline": outline, "habits": habits}


def main() -> None:
    from flametalk.lift.mediapipe_tracker import MediaPipeTracker

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    head, faces, landmarks = Head.load(), [], []
    with MediaPipeTracker(still=True) as tracker:
        for face in random_faces(head, options.count, options.seed):
            found = tracker.faces(face.picture)
            if found:
                faces.append(face)
                landmarks.append(found[0].landmarks[:, :2])
    table = calibrate(plain_marks(head), faces, np.stack(landmarks))
    table = {"head": head.name, "faces": len(faces), "seed": options.seed, **table}
    with atomic_path(TABLE) as path:
        Path(path).write_text(json.dumps(table, indent=0) + "\n")
    spread = [row[-1] for row in table["points"].values()]
    print(f"{len(faces)} of {options.count} faces found; spread {np.mean(spread):.2f} mm on average")


if __name__ == "__main__":
    main()
