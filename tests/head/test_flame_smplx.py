"""The same file through smplx's FLAME: vertices, joints, static landmarks and the contour agree."""

from pathlib import Path

import pytest
import torch
from synthetic import flame_arrays, write_open, write_ringnet_dynamic, write_ringnet_static

from flametalk.conventions import ROOT
from flametalk.head.embeddings import contour_points, with_landmarks
from flametalk.head.flame import read_flame
from flametalk.rotations import matrix_from_axis_angle

smplx = pytest.importorskip("smplx", reason="smplx is not installed: pip install 'flametalk[smplx]'")
TOLERANCE = 1e-7  # metres; smplx adds 1e-8 to rotation vectors before it takes their length


@pytest.mark.parametrize("scale", [0.0, 0.3, 1.5])
@pytest.mark.filterwarnings("ignore")
def test_smplx_gives_the_same_head(tmp_path: Path, scale: float) -> None:
    arrays = flame_arrays(v=200, f=390)
    path = write_open(tmp_path / "FLAME_NEUTRAL.pkl", arrays, protocol=2)
    static, dynamic = tmp_path / "flame_static_embedding.pkl", tmp_path / "flame_dynamic_embedding.npy"
    write_ringnet_static(static, 390)
    write_ringnet_dynamic(dynamic, 390)
    head = with_landmarks(with_landmarks(read_flame(path, dtype=torch.float64), static), dynamic)
    frames = 9
    generator = torch.Generator().manual_seed(0)
    shape, expression, pose, shift = (
        torch.randn(frames, *n, generator=generator, dtype=torch.float64)
        for n in ((300,), (100,), (5, 3), (3,))
    )
    pose = pose * scale
    theirs = smplx.FLAME(
        str(tmp_path),
        num_betas=300,
        num_expression_coeffs=100,
        batch_size=frames,
        use_face_contour=True,
        dtype=torch.float64,
    )
    with torch.no_grad():
        root, neck, jaw, left, right = pose.unbind(1)
        expected = theirs(
            betas=shape,
            expression=expression,
            global_orient=root,
            neck_pose=neck,
            jaw_pose=jaw,
            leye_pose=left,
            reye_pose=right,
            transl=shift,
        )
    vertices = head.vertices(shape, expression, pose, shift)
    print(f"largest difference {float((vertices - expected.vertices).abs().max()):.2e} m")
    torch.testing.assert_close(vertices, expected.vertices, rtol=0, atol=TOLERANCE)

    # smplx chooses the contour by the root's rotation alone and counts yaw the other way; its
    # joints are the five, then the inner points, then the contour
    contour = contour_points(head, vertices, matrix_from_axis_angle(pose[:, ROOT]), flip_yaw=True)
    marks = torch.cat([head.landmark_points(vertices, "ibug51"), contour], 1)
    torch.testing.assert_close(marks, expected.joints[:, 5:], rtol=0, atol=TOLERANCE)
