"""Moving pictures, grids, sheets: order, memory, what is passed on."""

import numpy as np
import pytest
from render_meshes import ball

from flametalk.errors import InputError, UnknownNameError
from flametalk.render import CpuRenderer, Settings, frame_head, from_faces, render_frames
from flametalk.render.animate import thread_count
from flametalk.render.grid import contact_sheet, fitted, grid, grid_frames
from flametalk.render.labels import labelled, text_strip


@pytest.fixture
def scene():
    vertices, faces, quads = ball(10)
    moves = vertices + np.linspace(-0.02, 0.02, 23)[:, None, None] * (1, 0, 0)
    return moves.astype(np.float32), from_faces(faces, quads=quads), frame_head(vertices, width=60, height=50)


@pytest.mark.parametrize("threads", [1, 3])
def test_frames_come_in_order_whatever_the_chunks(scene, threads):
    moves, surface, camera = scene
    alone = [CpuRenderer(Settings()).render(v, surface, camera).colour for v in moves]
    whole = list(render_frames(moves, surface, camera, threads=threads))
    pieces = list(render_frames(iter([moves[:1], moves[1:9], moves[9:]]), surface, camera, threads=threads))
    for frames in (whole, pieces):
        assert len(frames) == len(alone)
        assert all((a == b).all() for a, b in zip(alone, frames, strict=True))


def test_chunks_are_asked_for_only_when_needed(scene):
    moves, surface, camera = scene
    asked = 0

    def chunks():
        nonlocal asked
        for frame in moves:
            asked += 1
            yield frame[None]

    frames = render_frames(chunks(), surface, camera, threads=2)
    assert asked == 0
    next(frames)
    assert asked <= 7
    frames.close()


def test_a_camera_for_every_frame(scene):
    moves, surface, _ = scene
    cameras = [frame_head(moves[0], (0.2 * i, 0.0), 40, 40) for i in range(4)]
    frames = list(render_frames(np.repeat(moves[:1], 9, 0), surface, cameras, threads=2))
    assert len(frames) == 4
    expected = CpuRenderer(Settings()).render(moves[0], surface, cameras[3]).colour
    assert (frames[3] == expected).all()


def test_depth_keeps_its_greys_over_the_clip(scene):
    moves, surface, camera = scene
    nearer = moves[:6] + (np.arange(6) * 0.01)[:, None, None].astype(np.float32) * (0, 0, 1)
    frames = list(render_frames(nearer.astype(np.float32), surface, camera, mode="depth"))
    middle = [int(f[25, 30, 0]) for f in frames]
    assert middle == sorted(middle)
    assert middle[3] > middle[0] + 10
    fixed = next(render_frames(moves[:1], surface, camera, mode="depth", depth_range=(0.0, 10.0)))
    assert np.ptp(fixed[20:30, 25:35].astype(int)) <= 3


def test_errors_come_through_the_threads(scene):
    moves, surface, camera = scene
    broken = moves.copy()
    broken[5, 3] = np.nan
    with pytest.raises(InputError, match="vertex 3"):
        list(render_frames(broken, surface, camera, threads=3))
    with pytest.raises(UnknownNameError, match="wire"):
        render_frames(moves, surface, camera, mode="wires")
    with pytest.raises(InputError, match="frames × vertices × 3"):
        list(render_frames(iter([moves[0]]), surface, camera))


def test_threads_follow_the_environment(monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert thread_count() == 1
    monkeypatch.delenv("NUMBA_NUM_THREADS")
    assert thread_count() >= 1


def test_progress_leaves_frames_alone(scene):
    moves, surface, camera = scene
    assert len(list(render_frames(moves, surface, camera, progress=True))) == len(moves)


def grey(value: int, height: int = 20, width: int = 30) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_grids_hold_every_picture_whole():
    sheet = grid([grey(10), grey(20, 40, 60), grey(30)], ["one", "two", "three"])
    assert sheet.shape[1] == 3 * 60 + 4 * 6
    for value, area in ((10, 40 * 60), (20, 40 * 60), (30, 40 * 60)):
        assert (sheet == value).all(-1).sum() == pytest.approx(area, rel=0.02)
    assert grid([grey(1)] * 5).shape == (2 * 20 + 3 * 6, 3 * 30 + 4 * 6, 3)


def test_streams_end_with_the_longest():
    frames = list(grid_frames([[grey(10)] * 2, [grey(20 + i) for i in range(5)]], ["short", "long"]))
    assert len(frames) == 5
    assert (frames[-1] == 10).any()
    assert (frames[-1] == 24).any()
    with pytest.raises(InputError, match="stream 1 of 2 has no frames"):
        list(grid_frames([[], [grey(1)]]))


def test_contact_sheets_skip_and_stop():
    sheet = contact_sheet((grey(i) for i in range(100)), every=10, columns=5, fps=25.0)
    assert all((sheet == value).all(-1).sum() > 400 for value in range(0, 100, 10))
    assert not (sheet == 5).all(-1).any()


def test_labels_are_written_and_fit():
    strip = text_strip("a rather long label that has to shrink", 120, 24)
    assert strip.shape == (24, 120, 3)
    ink = strip.min(-1) < 150
    assert ink.any()
    assert not ink[:, :2].any()
    assert not ink[:, -2:].any()
    assert labelled(grey(5), "x").shape[0] > 20
    assert fitted(grey(9, 10, 10), 30, 60).shape == (30, 60, 3)


def test_grid_mistakes_are_explained():
    with pytest.raises(InputError, match="no pictures"):
        grid([])
    with pytest.raises(InputError, match="1 labels for 2"):
        grid([grey(1), grey(2)], ["x"])
