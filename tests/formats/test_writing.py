"""Round trips lose nothing, and what would be lost is said before anything is written."""

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.signal import hilbert

from flametalk.audio.signal import Audio
from flametalk.clip import Clip
from flametalk.errors import FileError, HeadMismatchError, InputError, UnknownNameError
from flametalk.formats import LAYOUTS, read_clip, write_clip

WRITABLE = [name for name, layout in LAYOUTS.items() if layout.write]
FOREIGN = [name for name in WRITABLE if LAYOUTS[name].holds]
FILES = {
    "npz": "clip.npz",
    "safetensors": "clip.safetensors",
    "3dxtalker": "clip",
    "3dxtalker-packed": "flame_params.npy",
    "diffposetalk": "clip.npz",
    "diffposetalk-identity": "identity.npy",
    "vhap": "tracked.npz",
}
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


def array(*shape: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float32, shape, elements=NUMBERS, fill=st.just(np.float32(0.25)) | NUMBERS)


@st.composite
def any_clip(draw: st.DrawFn) -> Clip:
    """Whatever a clip may hold."""
    t = draw(st.integers(1, 4))
    width = draw(st.sampled_from([1, 3, 50]))

    def maybe(*shape: int) -> np.ndarray | None:
        return draw(st.none() | array(*shape))

    shape = draw(array(width) | array(t, width))
    rate = draw(st.sampled_from([8000, 16_000, 44_100]))
    sound = draw(st.none() | st.integers(0, 40).flatmap(array))
    return Clip(
        shape=shape,
        expression=draw(array(t, draw(st.sampled_from([0, 1, 5])))),
        head=draw(array(t, 3)),
        jaw=draw(array(t, 3)),
        neck=maybe(t, 3),
        eyes=maybe(t, 6),
        translation=maybe(t, 3),
        detail=maybe(t, 2),
        fps=draw(st.floats(0.01, 1000)),
        audio=None if sound is None else Audio(sound, rate),
        made_for=draw(st.none() | st.text()),
        provenance=draw(st.dictionaries(st.text(), JSON, max_size=3)),
    )


def bits(clip: Clip) -> dict[str, Any]:
    """Everything in a clip, arrays as bytes: tells −0 from 0."""
    values = {name: getattr(clip, name) for name in clip.__dataclass_fields__}
    if clip.audio is not None:
        values |= {"audio": clip.audio.samples, "rate": clip.audio.rate}
    return {
        name: (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


@pytest.mark.parametrize("name", ["npz", "safetensors"])
@settings(max_examples=25, deadline=None)
@given(clip=any_clip())
def test_our_own_keep_every_bit(name: str, clip: Clip) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILES[name]
        write_clip(clip, path)
        back = read_clip(path)
    assert back == clip
    assert bits(back) == bits(clip)


@st.composite
def fitting_clip(draw: st.DrawFn, name: str) -> Clip:
    """What the layout can hold."""
    holds = LAYOUTS[name].holds
    assert holds is not None
    t = draw(st.integers(1, 4)) if holds.frames else 1

    def part(part_name: str, width: int) -> np.ndarray | None:
        return draw(st.none() | array(t, width)) if part_name in holds.parts else None

    width = draw(st.integers(1, holds.shape))
    shape = draw(array(width) | array(t, width)) if holds.shape_per_frame else draw(array(width))
    sound = draw(st.none() | hnp.arrays(np.int16, t * 640)) if holds.audio else None
    zero = np.zeros((t, 3), np.float32)
    pose = {key: draw(array(t, 3)) if key in holds.parts else zero for key in ("head", "jaw")}
    return Clip(
        shape=shape,
        expression=draw(array(t, draw(st.integers(0, holds.expression)))),
        **pose,
        neck=part("neck", 3),
        eyes=part("eyes", 6),
        translation=part("translation", 3),
        detail=part("detail", draw(st.integers(1, 128))),
        audio=None if sound is None else Audio(sound.astype(np.float32) / 32768, 16_000),
        made_for=draw(st.sampled_from([None, "flame", holds.made_for])),
    )


def same_motion(a: Clip, b: Clip) -> None:
    """Equal where missing parts and coefficients count as zero."""
    assert (a.n_frames, a.fps) == (b.n_frames, b.fps)
    for name in ("shape", "expression", "head", "jaw", "neck", "eyes", "translation", "detail"):
        one, two = (x.shapes() if name == "shape" else getattr(x, name) for x in (a, b))
        width = max(0 if x is None else x.shape[1] for x in (one, two))
        full = [np.zeros((a.n_frames, width), np.float32) for _ in range(2)]
        for target, value in zip(full, (one, two), strict=True):
            if value is not None:
                target[:, : value.shape[1]] = value
        np.testing.assert_array_equal(*full, err_msg=name)


@pytest.mark.parametrize("name", FOREIGN)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_round_trip(name: str, data: st.DataObject) -> None:
    clip = data.draw(fitting_clip(name))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILES[name]
        write_clip(clip, path, name)
        back = read_clip(path)
        assert back.provenance["layout"] == name
        assert "not_kept" not in back.provenance
        same_motion(back, clip)
        assert (back.audio is None) == (clip.audio is None)
        if clip.audio is not None:
            np.testing.assert_array_equal(back.audio.samples, clip.audio.samples)
        write_clip(back, path, name)
        assert read_clip(path) == back  # settled after one round


# --- the files as others expect them ------------------------------------------------------------------


def example(**parts: Any) -> Clip:
    """Every stored width of FLAME 2020's codes; `parts` change it."""
    rng = np.random.default_rng(3)

    def numbers(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    known = {"shape": numbers(100), "expression": numbers(6, 50), "head": numbers(6, 3), "jaw": numbers(6, 3)}
    return Clip.neutral(6, **(known | parts))


def test_folder_on_disk(tmp_path: Path) -> None:
    sound = Audio(np.random.default_rng(0).uniform(-0.5, 0.5, 6 * 640).astype(np.float32), 16_000)
    clip = example(audio=sound, detail=np.full((6, 128), 0.5))
    clip.save(tmp_path / "a", "3dxtalker")
    shapes = {p.stem: np.load(p).shape for p in (tmp_path / "a").glob("*.npy")}
    assert shapes == {
        "shapecode": (6, 100),
        "expcode": (6, 50),
        "posecode": (6, 6),
        "detailcode": (6, 128),
        "envelope": (3840,),
    }
    assert all(np.load(p).dtype == np.float32 for p in (tmp_path / "a").glob("*.npy"))
    pose = np.load(tmp_path / "a" / "posecode.npy")
    np.testing.assert_array_equal(pose, np.concatenate([clip.head, clip.jaw], axis=1))
    heard = read_clip(tmp_path / "a").audio
    assert heard is not None
    np.testing.assert_allclose(heard.samples, sound.samples, atol=0.5 / 32768)
    envelope = np.load(tmp_path / "a" / "envelope.npy")
    np.testing.assert_allclose(envelope, np.abs(hilbert(heard.samples.astype(np.float64))), atol=1e-6)


def test_packed_on_disk(tmp_path: Path) -> None:
    clip = example(detail=np.full((6, 128), 0.5))
    clip.save(tmp_path / "flame_params.npy", "3dxtalker-packed")
    vector = np.load(tmp_path / "flame_params.npy")
    assert vector.shape == (6, 284)
    np.testing.assert_array_equal(vector[:, :100], clip.shapes())
    np.testing.assert_array_equal(vector[:, 150:156], np.concatenate([clip.head, clip.jaw], axis=1))
    np.testing.assert_array_equal(vector[:, 156:], clip.detail)


def test_diffposetalk_on_disk(tmp_path: Path) -> None:
    clip = example()
    clip.save(tmp_path / "a.npz", "diffposetalk")
    clip.cut(0.0, 0.04).replace(
        head=np.zeros((1, 3)), jaw=np.zeros((1, 3)), expression=np.zeros((1, 50))
    ).save(tmp_path / "identity.npy", "diffposetalk-identity")
    with np.load(tmp_path / "a.npz") as file:
        assert {k: v.shape for k, v in file.items()} == {"shape": (6, 100), "exp": (6, 50), "pose": (6, 6)}
        np.testing.assert_array_equal(file["pose"][:, 3:], clip.jaw)
    np.testing.assert_array_equal(np.load(tmp_path / "identity.npy"), clip.shape)


def test_vhap_on_disk(tmp_path: Path) -> None:
    clip = example(eyes=np.full((6, 6), 0.1), translation=np.ones((6, 3)))
    clip.save(tmp_path / "a.npz", "vhap")
    with np.load(tmp_path / "a.npz") as file:
        arrays = dict(file)
    assert {k: v.shape for k, v in arrays.items()} == {
        "shape": (300,),
        "expr": (6, 100),
        "rotation": (6, 3),
        "neck_pose": (6, 3),
        "jaw_pose": (6, 3),
        "eyes_pose": (6, 6),
        "translation": (6, 3),
    }
    assert all(v.dtype == np.float32 for v in arrays.values())
    np.testing.assert_array_equal(arrays["rotation"], clip.head)
    np.testing.assert_array_equal(arrays["eyes_pose"], clip.eyes)


def test_npz_opens_without_us(tmp_path: Path) -> None:
    clip = example(fps=30.0, provenance={"seed": 3})
    clip.save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        meta = json.loads(str(file["flametalk"]))
        assert set(file) == {"flametalk", "shape", "expression", "head", "jaw"}
    assert meta == {
        "version": 1,
        "fps": 30.0,
        "audio_rate": None,
        "made_for": None,
        "provenance": {"seed": 3},
    }


def test_the_same_clip_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("npz", "safetensors"):
        paths = [tmp_path / f"{i}.{name}" for i in range(2)]
        for path in paths:
            example().save(path)
        assert paths[0].read_bytes() == paths[1].read_bytes()


# --- losses -------------------------------------------------------------------------------------------

SOUND = Audio(np.full(3840, 0.1, np.float32), 16_000)
LOSSES: list[tuple[str, Callable[[], Clip], str]] = [
    ("diffposetalk", lambda: example(eyes=np.full((6, 6), 0.2)), r"eyes \(up to 0.2\)"),
    ("diffposetalk", lambda: example(neck=np.ones((6, 3))), "neck"),
    ("diffposetalk", lambda: example(translation=np.ones((6, 3))), "translation"),
    ("diffposetalk", lambda: example(detail=np.ones((6, 128))), "detail"),
    ("diffposetalk", lambda: example(audio=SOUND), "audio"),
    ("diffposetalk", lambda: example(fps=30.0), r"30 frames/s.*clip\.resample\(25\)"),
    ("diffposetalk", lambda: example(shape=np.ones(101)), "shape coefficients from 100"),
    ("diffposetalk", lambda: example(expression=np.ones((6, 51))), "expression coefficients from 50"),
    ("3dxtalker", lambda: example(eyes=np.ones((6, 6))), "eyes"),
    ("3dxtalker", lambda: example(detail=np.ones((6, 129))), "detail coefficients from 128"),
    ("3dxtalker", lambda: example(audio=Audio(np.ones(99, np.float32), 44_100)), "audio rate of 44,100"),
    ("3dxtalker", lambda: example(audio=Audio(np.full(99, 1.5, np.float32), 16_000)), "clipped"),
    ("3dxtalker-packed", lambda: example(audio=SOUND), "audio"),
    ("3dxtalker-packed", lambda: example(neck=np.ones((6, 3))), "neck"),
    ("vhap", lambda: example(detail=np.ones((6, 128))), "detail"),
    ("vhap", lambda: example(shape=np.random.default_rng(0).normal(size=(6, 50))), "change of shape"),
    ("vhap", lambda: example(shape=np.ones(301)), "shape coefficients from 300"),
    ("vhap", lambda: example(audio=SOUND, fps=60.0), "60 frames/s.*audio"),
    ("diffposetalk-identity", example, "all frames but the first.*head.*jaw.*expression"),
]


@pytest.mark.parametrize(("name", "make", "words"), LOSSES)
def test_losses_are_refused_or_asked_for(
    name: str, make: Callable[[], Clip], words: str, tmp_path: Path
) -> None:
    clip, path = make(), tmp_path / FILES[name]
    with pytest.raises(InputError, match=rf"'{name}' would lose .*{words}.*lossy=True"):
        clip.save(path, name)
    assert list(tmp_path.iterdir()) == []
    clip.save(path, name, lossy=True)
    back = read_clip(path)
    assert back.fps == 25.0
    assert back.duration == pytest.approx(
        clip.duration if LOSSES and name[-8:] != "identity" else 0.04, abs=0.04
    )


@pytest.mark.parametrize("name", FOREIGN)
def test_zeros_are_no_loss(name: str, tmp_path: Path) -> None:
    """What is absent and what is zero are the same."""
    clip = Clip.neutral(
        1,
        shape=np.zeros(310),
        expression=np.zeros((1, 120)),
        neck=np.zeros((1, 3)),
        eyes=np.zeros((1, 6)),
        translation=np.zeros((1, 3)),
        detail=np.zeros((1, 200)),
    )
    write_clip(clip, tmp_path / FILES[name], name)
    same_motion(read_clip(tmp_path / FILES[name]), clip)


def test_lossy_keeps_the_timing(tmp_path: Path) -> None:
    jaw = np.zeros((60, 3), np.float32)
    jaw[:, 0] = np.linspace(0, 0.3, 60)
    Clip.neutral(60, jaw=jaw, fps=60.0).save(tmp_path / "a.npz", "diffposetalk", lossy=True)
    back = read_clip(tmp_path / "a.npz")
    assert back.n_frames == 25
    np.testing.assert_allclose(back.jaw[:, 0], np.arange(25) / 25 * 60 / 59 * 0.3, atol=1e-6)


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("lossy", [False, True])
def test_another_head_is_refused(name: str, lossy: bool, tmp_path: Path) -> None:
    with pytest.raises(HeadMismatchError, match=r"made for the head 'builtin'.*clip\.replace\(made_for="):
        write_clip(Clip.neutral(1, made_for="builtin"), tmp_path / FILES[name], name, lossy)


def test_versions_of_flame(tmp_path: Path) -> None:
    clip = Clip.neutral(1, made_for="flame2023")
    clip.save(tmp_path / "a.npz", "vhap")  # it does not say for which version
    with pytest.raises(HeadMismatchError, match="holds coefficients of flame2020"):
        clip.save(tmp_path / "b.npz", "diffposetalk")


# --- asking for it ------------------------------------------------------------------------------------


def test_wrong_requests(tmp_path: Path) -> None:
    clip = Clip.neutral(1)
    with pytest.raises(UnknownNameError, match="unknown layout 'deca'"):
        clip.save(tmp_path / "a.npz", "deca")
    with pytest.raises(InputError, match="'voca' can be read but not written; these can be: npz"):
        clip.save(tmp_path / "a.npy", "voca")
    with pytest.raises(InputError, match=r"'vhap' is a .npz file, got the name 'a.npy'"):
        clip.save(tmp_path / "a.npy", "vhap")
    with pytest.raises(InputError, match=r"'a.pkl' ends neither with .npz nor with .safetensors"):
        clip.save(tmp_path / "a.pkl")
    with pytest.raises(InputError, match="is not FLAME"):
        clip.save(tmp_path / "a.pkl", "liveportrait")
    with pytest.raises(FileError, match="URL"):
        clip.save("https://example.org/a.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [{1, 2}, np.float32(1), float("nan"), {"a": object()}])
def test_provenance_that_json_cannot_hold(value: Any, tmp_path: Path) -> None:
    for name in ("npz", "safetensors"):
        with pytest.raises(InputError, match="provenance"):
            Clip.neutral(1, provenance={"x": value}).save(tmp_path / FILES[name])
    assert list(tmp_path.iterdir()) == []


# --- all or nothing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITABLE)
def test_an_interrupted_write_changes_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILES[name]
    first = Clip.neutral(1, shape=np.ones(100))
    write_clip(first, path, name)

    def fail(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("numpy.savez", fail)
    monkeypatch.setattr("numpy.save", fail)
    monkeypatch.setattr("safetensors.numpy.save_file", fail)
    with pytest.raises(KeyboardInterrupt):
        write_clip(Clip.neutral(1), path, name)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    same_motion(read_clip(path), first)


@pytest.mark.parametrize("name", WRITABLE)
def test_written_over(name: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / FILES[name]
    write_clip(Clip.neutral(1), path, name)
    write_clip(Clip.neutral(1, shape=np.ones(100)), path, name)
    assert read_clip(path).shape.sum() == 100
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.tex").write_text("…")
    with pytest.raises(FileError, match=re.escape("also holds thesis.tex")):
        example().save(tmp_path / "a", "3dxtalker")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["thesis.tex"]
    with pytest.raises(FileError, match="is a file"):
        example().save(tmp_path / "a" / "thesis.tex", "3dxtalker")


def test_where_nobody_may_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in WRITABLE:
        with pytest.raises(FileError):
            write_clip(Clip.neutral(1), tmp_path / "file" / FILES[name], name)
