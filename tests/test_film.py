"""Clips as pictures: videos with sound, single pictures, strips, comparisons."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flametalk.audio.signal import Audio
from flametalk.clip import Clip
from flametalk.errors import HeadMismatchError, InputError
from flametalk.film import camera_for, clip_frames, compare, picture_strip, render_clip
from flametalk.head import Head
from flametalk.render import read_video_info

pytestmark = pytest.mark.core


def talking(frames: int = 6, fps: float = 25.0) -> Clip:
    jaw = np.zeros((frames, 3), np.float32)
    jaw[:, 0] = np.linspace(0, 0.3, frames)
    count = round(frames / fps * 16_000)
    tone = 0.3 * np.sin(np.arange(count) * 0.2).astype(np.float32)
    return Clip.neutral(frames, jaw=jaw, fps=fps, audio=Audio(tone, 16_000), made_for="builtin-1")


def test_a_video_has_every_frame_and_the_sound(tmp_path: Path) -> None:
    render_clip(talking(), tmp_path / "a.mp4", size=(64, 48))
    info = read_video_info(tmp_path / "a.mp4")
    assert (info.width, info.height, info.frames, info.fps) == (64, 48, 6, 25.0)
    assert info.audio_duration == pytest.approx(0.24, abs=0.07)  # AAC counts in blocks of 1024 samples


def test_the_mouth_opens_in_the_picture() -> None:
    frames = list(clip_frames(talking(), view="front", size=128, look="clay"))
    assert len(frames) == 6
    changed = [np.abs(f.astype(int) - frames[0]).max(-1) > 24 for f in frames]
    counts = [c.sum() for c in changed]
    assert counts == sorted(counts) and counts[-1] > 60
    rows = np.flatnonzero(changed[-1].any(1))
    assert rows.min() > 40, "only the lower face moves"


def test_the_picture_is_the_frame_at_that_time(tmp_path: Path) -> None:
    clip = talking()
    frames = list(clip_frames(clip, view="front", size=64, look="skin"))
    camera = camera_for(clip, Head.load(), "front", 64)
    render_clip(clip, tmp_path / "a.png", view=camera, size=64, at=0.12)
    with Image.open(tmp_path / "a.png") as picture:
        assert np.array_equal(np.asarray(picture), frames[3])
    with pytest.raises(InputError, match=r"lasts from 0 to 0.24 s"):
        render_clip(clip, tmp_path / "b.png", at=1.0)


def test_the_camera_holds_the_head_wherever_it_goes() -> None:
    shift = np.zeros((20, 3), np.float32)
    shift[:, 0] = np.linspace(-0.3, 0.3, 20)
    clip = Clip.neutral(20, translation=shift, made_for="builtin-1")
    head = Head.load()
    camera = camera_for(clip, head, "front", (320, 160))
    for k in (0, 10, 19):
        pixels, _ = camera.project(clip.vertices(head, k, k + 1).numpy()[0])
        face = pixels[head.regions["face"].long().numpy()]
        assert (face >= 0).all() and (face <= [320, 160]).all()


def test_comparison_lasts_as_long_as_the_longest(tmp_path: Path) -> None:
    clips = [("short", talking(3)), ("long", talking(8)), ("other rate", talking(4, fps=50.0))]
    compare(clips, tmp_path / "c.mp4", size=48)
    info = read_video_info(tmp_path / "c.mp4")
    assert info.frames == 8 and info.width > 3 * 48


def test_a_strip(tmp_path: Path) -> None:
    picture_strip(talking(), tmp_path / "s.png", size=32)
    with Image.open(tmp_path / "s.png") as strip:
        assert strip.size == (5 * 32, 2 * 32)


def test_a_clip_of_another_head_is_refused(tmp_path: Path) -> None:
    clip = talking().replace(made_for="flame2020")
    with pytest.raises(HeadMismatchError, match="made for the head 'flame2020', not for 'builtin-1'"):
        render_clip(clip, tmp_path / "a.mp4", head=Head.load(), size=48)
    assert not list(tmp_path.iterdir())


def test_show_is_one_page_element_with_the_video_inside() -> None:
    html = talking().show(video=True, size=48, progress=False)._repr_html_()
    assert html.startswith("<video controls") and "data:video/mp4;base64," in html


def test_moviepy_gets_picture_and_sound() -> None:
    pytest.importorskip("moviepy", reason="extra moviepy is not installed")
    clip = talking()
    film = clip.to_moviepy(size=48)
    assert (film.duration, film.fps, film.size) == (pytest.approx(0.24), 25, (48, 48))
    assert film.audio.fps == 16_000
    assert film.get_frame(0.2).shape == (48, 48, 3)


def test_without_moviepy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from flametalk.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "moviepy", None)
    with pytest.raises(MissingExtraError, match=r"flametalk\[moviepy\]"):
        talking().to_moviepy()
