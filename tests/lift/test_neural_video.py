"""Frames → crops → codes → a clip: streamed, batched as one by one, gaps filled."""

import gc
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from official_emoca import SMALL, random_networks

from flametalk.errors import InputError
from flametalk.lift.crop import FaceBox, crop
from flametalk.lift.neural.model import FaceEncoder
from flametalk.lift.neural.video import encode_frames, encode_pictures

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def model() -> FaceEncoder:
    return FaceEncoder("random", "flame2020", SMALL, **random_networks())


def frames(count: int) -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    return [chance.integers(0, 256, (90, 120, 3), dtype=np.uint8) for _ in range(count)]


def test_batched_is_one_by_one(model: FaceEncoder) -> None:
    pictures, boxes = frames(7), [FaceBox(60, 45, 70 + k) for k in range(7)]
    done = encode_frames(pictures, boxes, model, 30, batch=4)
    assert done.clip.n_frames == 7 and done.clip.fps == 30 and done.found.all()
    assert done.clip.made_for == "flame2020" and done.clip.detail.shape == (7, 128)
    assert done.frames_per_second == pytest.approx(7 / done.seconds)
    single = [encode_frames([p], [b], model, 30).clip for p, b in zip(pictures, boxes, strict=True)]
    for name in ("expression", "head", "jaw", "detail"):
        one = np.concatenate([getattr(clip, name) for clip in single])
        np.testing.assert_allclose(getattr(done.clip, name), one, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        done.codes.shape, encode_pictures(pictures, boxes, model).shape, rtol=1e-4, atol=1e-5
    )
    direct = model.encode(crop(pictures[0], boxes[0], 64)[None])
    np.testing.assert_allclose(done.clip.jaw[:1], direct.jaw, rtol=1e-4, atol=1e-6)


def test_frames_without_a_face_are_filled_and_marked(model: FaceEncoder) -> None:
    box = FaceBox(60, 45, 70)
    boxes = [None, box, None, None, box, box, None]
    done = encode_frames(frames(7), boxes, model)
    assert done.found.tolist() == [b is not None for b in boxes]
    assert done.clip.n_frames == 7 and len(done.codes) == 3
    assert done.clip.provenance["lift"]["frames_without_face"] == 4
    e = done.clip.expression
    np.testing.assert_allclose(e[[1, 4, 5]], done.codes.expression, atol=1e-6)
    assert np.array_equal(e[0], e[1]) and np.array_equal(e[6], e[5])
    low, high = np.minimum(e[1], e[4]) - 1e-6, np.maximum(e[1], e[4]) + 1e-6
    assert ((e[2] >= low) & (e[2] <= high)).all()
    with pytest.raises(InputError, match="none of 2 frames has a face"):
        encode_frames(frames(2), [None, None], model)


def test_frames_are_streamed(model: FaceEncoder) -> None:
    """No more than a batch of pictures is alive at a time."""
    alive, most = 0, 0

    class Counted(np.ndarray):
        def __array_finalize__(self, other: object) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def source() -> Iterator[np.ndarray]:
        for frame in frames(2) * 12:
            yield frame.copy().view(Counted)
            gc.collect(0)

    encode_frames(source(), [FaceBox(60, 45, 70)] * 24, model, batch=4)
    assert most <= 8


def test_one_identity_for_a_clip(model: FaceEncoder) -> None:
    done = encode_frames(frames(3), [FaceBox(60, 45, 70)] * 3, model, one_shape=True)
    np.testing.assert_array_equal(done.clip.shape, np.median(done.codes.shape, 0))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu() -> None:
    model = FaceEncoder("random", "flame2020", SMALL, **random_networks())
    crops = np.random.default_rng(1).random((5, 64, 64, 3), np.float32)
    expected = model.encode(crops)
    there = model.to("cuda")
    exact, rough = there.encode(crops, half=False), there.encode(crops)
    np.testing.assert_allclose(exact.expression, expected.expression, rtol=1e-2, atol=1e-3)
    assert np.abs(rough.expression - expected.expression).max() < 0.05 * np.abs(expected.expression).max()
