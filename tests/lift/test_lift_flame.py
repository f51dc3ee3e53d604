"""Fitting with FLAME: a file of the official layout, with DECA's and MediaPipe's landmark files beside it.

Its numbers are the built-in head's, so that it has a face; its bases have FLAME's 300 + 100 columns.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from head.synthetic import PARENTS, write_2020
from lift_landmarks import FOCAL, SIZE, aligned, speaking_truth, track_perfectly
from scipy.spatial.transform import Rotation

from flametalk.clip import Clip
from flametalk.conventions import JAW_JOINT, ROOT
from flametalk.head import Head
from flametalk.head.embeddings import with_landmarks
from flametalk.head.flame import read_flame
from flametalk.lift.fitting import fit_landmarks
from flametalk.lift.marks import OUTLINE, marks_of
from flametalk.lift.sources import clip_of

pytestmark = pytest.mark.core
OFFICIAL = 105  # of MediaPipe's landmarks are in the official file


def write_flame(folder: Path) -> Head:
    own = Head.load()
    rng = np.random.default_rng(0)
    basis = rng.normal(0, 1e-5, (own.n_vertices, 3, 400))  # what FLAME's later columns do is small
    basis[..., :100], basis[..., 300:350] = own.shape_basis.numpy(), own.expression_basis.numpy()
    arrays = {
        "v_template": own.template.double().numpy(),
        "f": own.faces.numpy().astype(np.uint32),
        "shapedirs": basis,
        "posedirs": own.pose_basis.double().numpy(),
        "J_regressor": own.joint_regressor.double().numpy(),
        "J": (own.joint_regressor.double() @ own.template.double()).numpy(),
        "weights": own.skinning.double().numpy(),
        "kintree_table": PARENTS,
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }
    head = read_flame(write_2020(folder / "generic_model.pkl", arrays))
    inner, contour, seen = (own.landmarks[name] for name in ("ibug68", "contour", "mediapipe"))
    deca = {
        "static_lmk_faces_idx": inner.faces[17:].long().numpy(),
        "static_lmk_bary_coords": inner.weights[17:].double().numpy(),
        "dynamic_lmk_faces_idx": contour.faces.long(),
        "dynamic_lmk_bary_coords": contour.weights.float(),
        "full_lmk_faces_idx": inner.faces[None].long().numpy(),
        "full_lmk_bary_coords": inner.weights[None].float().numpy(),
    }
    np.save(folder / "landmark_embedding.npy", np.array(deca, dtype=object), allow_pickle=True)
    assert seen.ids is not None
    chosen = [i for i, number in enumerate(seen.ids) if number not in OUTLINE][:OFFICIAL]
    np.savez(
        folder / "mediapipe_landmark_embedding.npz",
        lmk_face_idx=seen.faces[chosen].numpy().astype(np.uint32),
        lmk_b_coords=seen.weights[chosen].double().numpy(),
        landmark_indices=np.array(seen.ids)[chosen],
    )
    head = with_landmarks(head, folder / "landmark_embedding.npy")
    return with_landmarks(head, folder / "mediapipe_landmark_embedding.npz")


@pytest.fixture(scope="module")
def flame(tmp_path_factory: pytest.TempPathFactory) -> Head:
    return write_flame(tmp_path_factory.mktemp("flame"))


def test_a_speaking_person_on_flame(flame: Head) -> None:
    assert (flame.n_shape, flame.n_expression) == (300, 100)
    truth = speaking_truth(6, seed=9)
    marks = track_perfectly(flame, truth.shape, truth.expression, truth.pose)
    fit = fit_landmarks(marks, SIZE, flame, focal=FOCAL)
    clip, _ = clip_of(fit, flame, 25.0, SIZE, "perfect")
    assert clip.shape.shape == (100,) and clip.expression.shape == (6, 50) and clip.made_for == flame.name
    assert float(fit.error.mean()) < 1.0
    turns = Rotation.from_rotvec(clip.head.astype(float))
    off = np.degrees((turns.inv() * Rotation.from_rotvec(truth.pose[:, ROOT])).magnitude())
    assert off.mean() < 3.0
    assert np.corrcoef(clip.jaw[:, 0], truth.pose[:, JAW_JOINT, 0])[0, 1] > 0.9
    face = Head.load().regions["face"].long().numpy()
    expected = Clip(
        shape=truth.shape, expression=truth.expression, head=truth.pose[:, ROOT], jaw=truth.pose[:, JAW_JOINT]
    )
    ours, theirs = (one.vertices(flame)[:, face].numpy() for one in (clip, expected))
    away = [np.linalg.norm(aligned(a, b) - b, axis=1).mean() for a, b in zip(ours, theirs, strict=True)]
    assert 1000 * float(np.mean(away)) < 2.5


def test_a_trackers_habits_are_the_built_in_heads_alone(flame: Head) -> None:
    marks = marks_of(flame)
    assert marks.habits.shape[-1] == 0 and bool((marks.outline_shift == 0).all())
    assert marks.layout.frame == 50 + 10 + 3
    points = torch.tensor([number in marks.ids for number in (33, 263, 1)])
    assert bool(points[:2].all())
