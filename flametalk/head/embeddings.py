"""What belongs to FLAME's topology but lies in files of its own: regions and landmarks.

Landmark sets: "ibug68" (0–16 the contour from the subject's right ear over the chin to the left, then 51
inner points), "ibug51" (those inner points), "contour" (79 rows of 17: the visible contour by head yaw),
"mediapipe" (105 points with the numbers they have in MediaPipe's mesh).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..errors import FormatError, UnknownNameError
from ..files import PathLike, existing_file
from ..unpickle import load_npz, load_object_npy, load_pickle
from .model import Head, Landmarks

MAX_BYTES = 64 * 2**20
CONTOUR_ROWS = 79  # 0…39 for yaw 0…39°, 40…78 for −1…−39°
CONTOUR_POINTS = 17
WEIGHT_TOLERANCE = 1e-2

# set → spellings of its triangles and weights in the files
ENTRIES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ibug51": (("static_lmk_faces_idx", "static_lmk_bary_coords"), ("lmk_face_idx", "lmk_b_coords")),
    "contour": (("dynamic_lmk_faces_idx", "dynamic_lmk_bary_coords"), ("lmk_face_idx", "lmk_b_coords")),
    "ibug68": (
        ("full_lmk_faces_idx", "full_lmk_bary_coords"),
        ("full_lmk_faces_idx_with_eye", "full_lmk_bary_coords_with_eye"),
    ),
    "mediapipe": (
        ("lmk_face_idx", "lmk_b_coords"),
        ("mediapipe_lmk_face_idx", "mediapipe_lmk_b_coords"),
    ),
}
SHAPES: Mapping[str, tuple[int, ...]] = {
    "ibug51": (51,),
    "contour": (CONTOUR_ROWS, CONTOUR_POINTS),
    "ibug68": (68,),
}


# --- regions --------------------------------------------------------------------------------------


def with_masks(head: Head, path: PathLike) -> Head:
    """`FLAME_masks.pkl`: vertex numbers by region, added to the head's regions."""
    masks = load_entries(path)
    regions = {}
    for name, value in masks.items():
        ids = np.asarray(value)
        if ids.ndim != 1 or ids.dtype.kind not in "iu":
            raise FormatError(path, "is not a row of vertex numbers", field=str(name))
        if len(ids) and not (int(ids.min()) >= 0 and int(ids.max()) < head.n_vertices):
            problem = f"points outside the {head.n_vertices} vertices of {head.name} (a mask of triangles?)"
            raise FormatError(path, problem, field=str(name))
        regions[str(name)] = torch.from_numpy(ids.astype(np.int32)).to(head.faces.device)
    if not regions:
        raise FormatError(path, "has no regions")
    return replace(head, regions={**head.regions, **regions})


# --- landmarks ------------------------------------------------------------------------------------


def with_landmarks(head: Head, path: PathLike) -> Head:
    """Any of the landmark embedding files, told apart by what is in them."""
    return with_landmark_entries(head, load_entries(path), str(path))


def with_landmark_entries(head: Head, entries: dict[str, Any], label: str) -> Head:
    """The landmark sets of a dictionary as the embedding files hold it."""
    found = {}
    for name, spellings in ENTRIES.items():
        for faces_name, weights_name in spellings:
            if faces_name in entries and weights_name in entries:
                marks = _marks(head, name, entries, faces_name, weights_name, label)
                if marks is not None:
                    found[name] = marks
                    break
    if not found:
        raise FormatError(
            label, f"has none of the known landmark entries, only: {', '.join(sorted(entries))[:300]}"
        )
    sets = {**head.landmarks, **found}
    if "ibug68" not in sets and "ibug51" in sets and "contour" in sets:
        # the contour seen from the front completes the inner points
        contour, inner = sets["contour"], sets["ibug51"]
        sets["ibug68"] = Landmarks(
            torch.cat([contour.faces[0], inner.faces]), torch.cat([contour.weights[0], inner.weights])
        )
    return replace(head, landmarks=sets)


def _marks(
    head: Head, name: str, entries: dict[str, Any], faces_name: str, weights_name: str, label: str
) -> Landmarks | None:
    """One set, checked; None where the same names hold another set (told by the shape)."""
    faces, weights = np.asarray(entries[faces_name]), np.asarray(entries[weights_name])
    if faces.dtype.kind not in "iu" or weights.dtype.kind != "f" or weights.shape != (*faces.shape, 3):
        problem = (
            f"has shapes {faces.shape} and {weights.shape}; triangle numbers and three weights each expected"
        )
        raise FormatError(label, problem, field=faces_name)
    if faces.ndim == 2 and faces.shape[0] == 1:
        faces, weights = faces[0], weights[0]
    if name in ("ibug51", "ibug68") and faces.shape == (SHAPES[name][0] + 2,):  # two eye centres appended
        faces, weights = faces[:-2], weights[:-2]
    ids = entries.get("landmark_indices")
    shared = faces_name == "lmk_face_idx"
    if name == "mediapipe":
        if faces.ndim != 1 or (shared and ids is None):
            return None
    elif faces.shape != SHAPES[name] or (shared and ids is not None):
        if shared:
            return None
        raise FormatError(label, f"has shape {faces.shape}, expected {SHAPES[name]}", field=faces_name)
    if not (int(faces.min()) >= 0 and int(faces.max()) < len(head.faces)):
        raise FormatError(
            label, f"points outside the {len(head.faces)} triangles of {head.name}", field=faces_name
        )
    if not np.isfinite(weights).all() or np.abs(weights.sum(-1) - 1).max() > WEIGHT_TOLERANCE:
        raise FormatError(label, "has weights that do not sum to 1", field=weights_name)
    numbers = None
    if name == "mediapipe" and ids is not None:
        numbers = tuple(int(i) for i in np.asarray(ids).ravel())
        if len(numbers) != len(faces):
            raise FormatError(
                label, f"has {len(numbers)} numbers for {len(faces)} points", field="landmark_indices"
            )
    device, dtype = head.template.device, head.template.dtype
    return Landmarks(
        torch.from_numpy(faces.astype(np.int32)).to(device),
        torch.from_numpy(weights.astype(np.float64)).to(device, dtype),
        numbers,
    )


def contour_row(rotation: Float[Tensor, "b 3 3"], flip_yaw: bool = False) -> Int[Tensor, "b"]:
    """Which of the 79 contour rows a head turned by `rotation` (root · neck) shows.

    Row a serves a yaw of a° up to 39°, row 39 + a one of −a°. Positive yaw turns the face towards the
    subject's left, as DECA, EMOCA, SMIRK and DiffPoseTalk count it. FLAME_PyTorch and smplx look along a
    flipped camera and count the other way (`flip_yaw=True`); with the wrong sign the contour slides onto
    the hidden cheek.
    """
    yaw = torch.atan2(-rotation[:, 2, 0], torch.hypot(rotation[:, 0, 0], rotation[:, 1, 0]))
    degrees = torch.rad2deg(-yaw if flip_yaw else yaw)
    limit = CONTOUR_ROWS // 2
    row = degrees.clamp(-limit, limit).round().long()
    return torch.where(row < 0, limit - row, row)


def contour_points(
    head: Head, vertices: Float[Tensor, "b v 3"], rotation: Float[Tensor, "b 3 3"], flip_yaw: bool = False
) -> Float[Tensor, "b 17 3"]:
    """The 17 contour landmarks that belong to each frame's head rotation (root · neck)."""
    if "contour" not in head.landmarks:
        raise UnknownNameError(f"landmark set of head {head.name}", "contour", head.landmarks)
    marks, rows = head.landmarks["contour"], contour_row(rotation, flip_yaw)
    triangles = head.faces[marks.faces[rows].long()].long()  # b 17 3
    frames = torch.arange(len(vertices), device=vertices.device)[:, None, None]
    return torch.einsum("bnkc,bnk->bnc", vertices[frames, triangles], marks.weights[rows])


# --- files ------------------------------------------------------------------------------------------


def load_entries(path: PathLike) -> dict[str, Any]:
    """The dictionary in a .pkl, .npy or .npz file."""
    path = existing_file(path, MAX_BYTES)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        content: Any = load_npz(path, max_bytes=MAX_BYTES)
    elif suffix == ".npy":
        content = load_object_npy(path, max_bytes=MAX_BYTES)
    else:
        content = load_pickle(path, max_bytes=MAX_BYTES)
    if not isinstance(content, dict):
        raise FormatError(path, f"holds a {type(content).__name__}, a dictionary was expected")
    return {str(name): value for name, value in content.items()}
