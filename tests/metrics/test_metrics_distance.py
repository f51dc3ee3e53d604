"""Vertex errors and dynamics against arithmetic on a sheet of paper, and against torchmetrics."""

import numpy as np
import pytest
import torch
from metrics.metric_samples import head, lively

from flametalk.clip import Clip
from flametalk.errors import AssetError, HeadMismatchError, InputError, UnknownNameError
from flametalk.head import Head
from flametalk.metrics import Score, fdd, lve, mask_of, mhd, mve, ufve
from flametalk.metrics.vertices import FRAMES, in_space, to_world


def points(frames: int = 3, vertices: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(frames, vertices, 3))


def test_each_variant_of_lve_in_closed_form() -> None:
    truth = np.zeros((2, 3, 3))
    prediction = truth.copy()
    prediction[0, 1] = [3e-3, 4e-3, 0]  # 5 mm
    prediction[1, 0] = [0, 0, 1e-3]
    prediction[1, 2] = [0, 1.0, 0]  # outside the mask
    lips = [0, 1, 1]  # a mask may repeat itself
    assert lve(prediction, truth, mask=lips) == pytest.approx((25 + 1) / 2)
    assert lve(prediction, truth, mask=lips, variant="max_l2") == pytest.approx((5 + 1) / 2)
    assert lve(prediction, truth, mask=lips, variant="rms_mm") == pytest.approx(np.sqrt((25 + 1) / 2))
    assert lve(truth, truth, mask=lips) == 0.0


def test_mve_ufve_and_mhd_in_closed_form() -> None:
    truth = points()
    prediction = truth.copy()
    prediction[:, 2] += [0, 0, 2e-3]
    assert mve(prediction, truth) == pytest.approx(2 / 5)
    assert ufve(prediction, truth, mask=[2, 3]) == pytest.approx(1.0)
    assert mhd(prediction, truth) == pytest.approx(np.sqrt(4 / 5))
    assert mve(prediction, truth, variant="rms_mm") == pytest.approx(np.sqrt(4 / 5))


def test_lve_agrees_with_torchmetrics() -> None:
    multimodal = pytest.importorskip("torchmetrics.functional.multimodal")
    ours, theirs = torch.from_numpy(points(150, 40, 1)), torch.from_numpy(points(150, 40, 2))
    lips = list(range(3, 30))
    reference = float(multimodal.lip_vertex_error(ours, theirs, lips)) * 1e6
    assert lve(ours, theirs, mask=lips) == pytest.approx(reference, rel=1e-9)


def test_a_clip_is_measured_on_its_own_vertices() -> None:
    truth, prediction = lively(FRAMES + 7, 0), lively(FRAMES + 7, 1)
    ours, theirs = (in_space(clip, "face").vertices(head()) for clip in (prediction, truth))
    lips = head().regions["lips"].numpy()
    assert lve(prediction, truth) == pytest.approx(float(lve(ours, theirs, mask=lips)), rel=1e-5)
    assert mve(prediction, truth) == pytest.approx(
        float(mve(prediction.vertices(head()), truth.vertices(head()))), rel=1e-5
    )


def test_spaces_leave_out_what_they_say() -> None:
    truth = lively()
    nodding = truth.replace(head=np.full((40, 3), 0.1), translation=np.full((40, 3), 0.02))
    other = truth.replace(shape=np.full(100, 0.5))
    assert lve(nodding, truth, space="world") > 1.0
    assert lve(nodding, truth, space="face") == 0.0
    assert lve(other, truth, space="face") > 0.1
    assert lve(other, truth, space="canonical") == 0.0
    assert mhd(nodding.replace(shape=other.shape), truth) == 0.0


@pytest.mark.parametrize("neck", [False, True])
def test_a_turned_head_is_the_head_turned(neck: bool) -> None:
    clip = lively(9, 3, translation=np.full((9, 3), 0.1), shape=np.random.default_rng(0).normal(size=100))
    clip = clip.replace(neck=np.full((9, 3), 0.1)) if neck else clip
    face = in_space(clip, "face").vertices(head())
    turned = torch.cat([to_world(clip, head(), face[:4], 0), to_world(clip, head(), face[4:], 4)])
    assert torch.allclose(turned, clip.vertices(head()), atol=2e-6)


def test_fdd_in_closed_form() -> None:
    """Squared displacements 0, 4, 0, 4 mm² have the spread 2; the truth's 0, 16, 0, 16 have 8."""
    still = np.zeros((2, 3))
    ours, theirs = np.zeros((4, 2, 3)), np.zeros((4, 2, 3))
    ours[1::2, :, 0], theirs[1::2, :, 0] = 2e-3, 4e-3
    both = {"mask": [0, 1], "template": still}
    assert fdd(ours, theirs, variant="signed", **both) == pytest.approx(6.0)
    assert fdd(theirs, ours, variant="signed", **both) == pytest.approx(-6.0)
    assert fdd(theirs, ours, variant="absolute", **both) == pytest.approx(6.0)
    unbiased = np.sqrt(4 / 3) * 1e-3  # std of 0, 2, 0, 2 mm with n − 1
    assert fdd(ours, theirs, variant="artalk", **both) == pytest.approx(unbiased * 100)
    assert fdd(ours, theirs, variant="over_vertices", **both) == pytest.approx(0.0)
    one = theirs.copy()
    one[:, 1] = 0  # vertices 16 and 0 mm² in half of the frames: spread 8 there, 0 else
    assert fdd(ours, one, variant="over_vertices", **both) == pytest.approx(4.0)


def test_fdd_takes_the_truths_own_face_as_rest() -> None:
    truth = lively(30, 0, shape=np.full(100, 0.3))
    still = Clip.neutral(30, shape=truth.shape, made_for=head().name)
    mask = mask_of("upper_face", head())
    moved = in_space(truth, "face").vertices(head())[:, mask.indices].double().numpy()
    rest = still.vertices(head())[0, mask.indices].double().numpy()
    expected = ((moved - rest) ** 2).sum(-1).std(0).mean() * 1e6
    assert fdd(still, truth) == pytest.approx(expected, rel=1e-4)


def test_masks_name_themselves() -> None:
    upper = mask_of("upper_face", head())
    union = np.unique(np.concatenate([head().regions[n].numpy() for n in ("eye_region", "forehead", "nose")]))
    assert np.array_equal(upper.indices, union)
    assert "260 vertices of builtin-1" in str(lve(lively(), lively()))
    assert mask_of([5, 3, 5]).indices.tolist() == [3, 5]
    with pytest.raises(UnknownNameError, match="lips"):
        mask_of("lipss", head())
    bare = Head(**{**{f: getattr(head(), f) for f in head().__dataclass_fields__}, "regions": {}})
    with pytest.raises(AssetError, match="assets add masks"):
        mask_of("lips", bare)
    for wrong in ([], [[1]], [0.5], [-1]):
        with pytest.raises(InputError):
            mask_of(np.array(wrong))


def test_nothing_is_cut_or_misread_in_silence() -> None:
    with pytest.raises(InputError, match="40 frames, the truth 39"):
        lve(lively(40), lively(39))
    with pytest.raises(InputError, match="a second"):
        lve(lively(40), lively(40, fps=30))
    with pytest.raises(HeadMismatchError):
        lve(lively(40), lively(40, made_for="flame2020"))
    with pytest.raises(InputError, match="NaN"):
        mve(np.full((2, 3, 3), np.nan), np.zeros((2, 3, 3)))
    with pytest.raises(InputError, match="different meshes"):
        mve(np.zeros((2, 4, 3)), np.zeros((2, 3, 3)))
    with pytest.raises(UnknownNameError, match="max_l2"):
        lve(lively(), lively(), variant="max_12")
    with pytest.raises(InputError, match="template"):
        fdd(points(), points(), mask=[0])


def test_a_score_is_a_float_with_a_unit() -> None:
    import json
    import pickle

    score = Score(1.5, "LVE", "mm²", "max_sq")
    assert score + 1 == 2.5
    assert str(score) == "LVE 1.5 mm² (max_sq)"
    assert f"{score:.2f}" == "1.50"
    assert json.dumps(score) == "1.5"
    assert str(pickle.loads(pickle.dumps(score))) == str(score)
