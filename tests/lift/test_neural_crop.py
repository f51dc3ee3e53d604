"""The crop of DECA and EMOCA: the corners it maps, its filters, boxes of landmarks and of videos."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from flametalk.errors import InputError
from flametalk.lift.crop import FaceBox, box_of_detection, box_of_landmarks, crop, smooth_boxes

pytestmark = pytest.mark.core


def picture(height: int = 60, width: int = 80) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_boxes_are_those_of_the_official_demo() -> None:
    points = np.array([[100.0, 50.0], [180.0, 70.0], [140.0, 160.0]])  # 80 wide, 110 high
    assert box_of_landmarks(points) == FaceBox(140.0, 105.0, int(95 * 1.1 * 1.25))
    assert box_of_detection(100, 50, 180, 160) == FaceBox(140.0, 105 + 0.12 * 95, int(95 * 1.25))


def test_corners_go_to_corners() -> None:
    """(c − s/2, c − s/2) becomes (0, 0), and (c + s/2, c − s/2) becomes (223, 0)."""
    ramp = np.zeros((300, 400, 3), np.uint8)
    ramp[..., 0] = np.arange(400)[None] // 2
    ramp[..., 1] = np.arange(300)[:, None] // 2
    box = FaceBox(180, 140, 100)
    cut = crop(ramp, box) * 255
    np.testing.assert_allclose(cut[0, 0, :2], [130 // 2, 90 // 2], atol=1e-3)
    np.testing.assert_allclose(cut[0, 223, :2], [230 // 2, 90 // 2], atol=1e-3)
    np.testing.assert_allclose(cut[223, 0, :2], [130 // 2, 190 // 2], atol=1e-3)


@pytest.mark.parametrize("box", [FaceBox(40, 30, 25.3), FaceBox(5, 55, 70), FaceBox(39.7, 20.2, 200)])
def test_linear_against_scipy(box: FaceBox) -> None:
    """Order 1 with black outside, smaller and larger, also across the border."""
    given = picture()
    steps = np.arange(224) * (box.side / 223) - box.side / 2
    y, x = np.meshgrid(box.y + steps, box.x + steps, indexing="ij")
    expected = np.stack(
        [
            map_coordinates(given[..., c] / 255, [y, x], order=1, mode="grid-constant", cval=0)
            for c in range(3)
        ],
        -1,
    )
    np.testing.assert_allclose(crop(given, box), expected, atol=1e-5)


def test_cubic_is_catmull_rom_in_256_steps() -> None:
    given, box = picture(), FaceBox(40, 30, 24)
    cut = crop(given, box, 64, cubic=True)
    assert np.abs(cut * 255 - np.rint(cut * 255)).max() < 1e-4
    steps = np.arange(64) * (box.side / 63) - box.side / 2
    row, column = 20, 41
    value = np.zeros(3)
    for axis_y in range(-1, 3):
        for axis_x in range(-1, 3):
            y, x = box.y + steps[row], box.x + steps[column]
            near = _kernel(y - np.floor(y) - axis_y) * _kernel(x - np.floor(x) - axis_x)
            value += near * given[int(np.floor(y)) + axis_y, int(np.floor(x)) + axis_x] / 255
    expected = np.floor(np.clip(value, 0, 1) * 255)
    np.testing.assert_allclose(cut[row, column] * 255, expected, atol=1.001)


def _kernel(x: float) -> float:
    x = abs(x)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def test_a_box_outside_is_black() -> None:
    assert not crop(picture(), FaceBox(-500, -500, 50)).any()


def test_boxes_of_a_video_are_filled_and_smoothed() -> None:
    boxes = [FaceBox(10.0 * k, 5, 50) if k not in (3, 4) else None for k in range(9)]
    filled = smooth_boxes(boxes, sigma=0)
    assert [round(box.x, 9) for box in filled] == [10.0 * k for k in range(9)]
    shaken = [FaceBox(100 + (-1) ** k, 50, 80) for k in range(40)]
    smooth = smooth_boxes(shaken)
    assert np.ptp([box.x for box in smooth[13:-13]]) < 0.05
    with pytest.raises(InputError, match="no frame has a face"):
        smooth_boxes([None, None])


def test_what_is_no_box_or_picture() -> None:
    with pytest.raises(InputError, match="side above 0"):
        FaceBox(1, 1, 0)
    with pytest.raises(InputError, match="NaN"):
        box_of_landmarks(np.array([[np.nan, 1.0]]))
    with pytest.raises(InputError, match="uint8"):
        crop(picture().astype(float), FaceBox(1, 1, 10))
