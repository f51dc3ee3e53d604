"""Every layout, written by `format_samples` from its description, is read back; damage is named."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from format_samples import CODES, DPT, OWN_FILE, SAMPLES, SMIRK, VECTOR, VHAP, Sample, savez, write_wav
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flametalk.audio.signal import Audio
from flametalk.errors import FileError, FormatError, InputError, UnknownNameError
from flametalk.formats import LAYOUTS, read_clip
from flametalk.formats.foreign import NOT_FLAME

OWN = ("npz", "safetensors")
samples = pytest.mark.parametrize("name", SAMPLES)


def check(clip: Any, parts: dict[str, Any]) -> None:
    for name, expected in parts.items():
        got = getattr(clip, name)
        if isinstance(got, Audio):
            assert got.rate == expected[1]
            np.testing.assert_array_equal(got.samples, expected[0])
        elif isinstance(expected, np.ndarray):
            assert got.dtype == np.float32
            np.testing.assert_array_equal(got, expected)
        else:
            assert got == expected
    for name in {"neck", "eyes", "translation", "detail", "audio"} - set(parts):
        assert getattr(clip, name) is None


def test_every_layout_has_a_sample() -> None:
    assert {sample.layout for sample in SAMPLES.values()} | {"live-link"} == set(LAYOUTS)


@samples
@pytest.mark.parametrize("named", [False, True])
def test_reads(name: str, named: bool, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    path = sample.save(sample.fields, tmp_path)
    clip = read_clip(path, sample.layout if named else None)
    check(clip, sample.parts)
    origin = {} if sample.layout in OWN else {"source": path.name, "layout": sample.layout}
    assert clip.provenance == origin | sample.provenance


@pytest.mark.parametrize(
    "name", [n for n, s in SAMPLES.items() if "" not in s.fields and s.layout not in OWN]
)
def test_extra_fields_are_named(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    path = sample.save(sample.fields | {"zz_more": np.ones(3, np.float32)}, tmp_path)
    clip = read_clip(path)
    check(clip, sample.parts)
    assert clip.provenance["not_kept"] == [*sample.provenance.get("not_kept", []), "zz_more"]


@samples
def test_optional_fields_may_be_missing(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    fields = {key: value for key, value in sample.fields.items() if key not in sample.optional}
    clip = read_clip(sample.save(fields, tmp_path))
    np.testing.assert_array_equal(clip.jaw, sample.parts["jaw"])


def with_field(sample: Sample, key: str, value: Any, folder: Path) -> Path:
    return sample.save(sample.fields | {key: value}, folder)


def needed(sample: Sample) -> list[str]:
    return [k for k in sample.fields if k not in sample.optional and k != "flametalk"]


CASES = [(name, key) for name, sample in SAMPLES.items() for key in needed(sample)]
each_field = pytest.mark.parametrize(("name", "key"), CASES)
named_field = pytest.mark.parametrize(("name", "key"), [(n, k) for n, k in CASES if k])
fixed_width = pytest.mark.parametrize(
    ("name", "key"),
    [(n, k) for n, k in CASES if SAMPLES[n].layout not in OWN or k in ("head", "jaw")],
)
may_hold_text = pytest.mark.parametrize(
    ("name", "key"), [(n, k) for n, k in CASES if n not in ("safetensors", "artalk", "smirk pt")]
)


def fails(path: Path, sample: Sample, key: str, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read_clip(path, sample.layout)
    message = str(caught.value)
    assert path.name in message
    assert key in message


@each_field
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_not_finite(name: str, key: str, value: float, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    array = sample.fields[key].copy()
    array[(-1,) * array.ndim] = value
    fails(with_field(sample, key, array, tmp_path), sample, key, "NaN or infinite")


def test_numbers_beyond_float32(tmp_path: Path) -> None:
    fields = DPT | {"exp": np.full((7, 50), 1e300)}
    fails(savez(fields, tmp_path), SAMPLES["diffposetalk"], "exp", "NaN or infinite")


@fixed_width
def test_wrong_width(name: str, key: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    array = sample.fields[key]
    wider = np.concatenate([array, array[..., :1]], axis=-1)
    fails(with_field(sample, key, wider, tmp_path), sample, key, "shape|coefficients|expected")


@each_field
@pytest.mark.parametrize("axes", ["more", "none"])
def test_wrong_axes(name: str, key: str, axes: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    array = sample.fields[key]
    wrong = np.stack([array, array])[..., None] if axes == "more" else np.array(1, np.float32)
    fails(with_field(sample, key, wrong, tmp_path), sample, key, "shape")


TIMED = [(n, k) for n, s in SAMPLES.items() if len(s.timed) > 1 for k in s.timed]


@pytest.mark.parametrize(("name", "key"), TIMED)
def test_other_frame_count(name: str, key: str, tmp_path: Path) -> None:
    """The message names a field and both counts."""
    sample = SAMPLES[name]
    path = with_field(sample, key, sample.fields[key][:-2], tmp_path)
    with pytest.raises(FormatError, match=r"\b5\b.*\b7\b|\b7\b.*\b5\b") as caught:
        read_clip(path, sample.layout)
    assert any(k in str(caught.value) for k in sample.timed)


@pytest.mark.parametrize(("name", "key"), [(n, k) for n, s in SAMPLES.items() for k in s.timed])
def test_no_frames(name: str, key: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    empty = {k: v[:0] if k in sample.timed else v for k, v in sample.fields.items()}
    with pytest.raises(FormatError):
        read_clip(sample.save(empty, tmp_path), sample.layout)


@named_field
def test_missing_field(name: str, key: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    fields = {k: v for k, v in sample.fields.items() if k != key}
    fails(sample.save(fields, tmp_path), sample, key, "missing")


@may_hold_text
def test_text_instead_of_numbers(name: str, key: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    array = sample.fields[key].astype("U8")
    fails(with_field(sample, key, array, tmp_path), sample, key, "type")


@pytest.mark.parametrize("kind", ["complex64", "bool"])
def test_other_types(kind: str, tmp_path: Path) -> None:
    fails(
        savez(DPT | {"pose": DPT["pose"].astype(kind)}, tmp_path),
        SAMPLES["diffposetalk"],
        "pose",
        f"type {kind}",
    )


@pytest.mark.parametrize("kind", ["float16", "float64", "int32", ">f4", ">f8"])
def test_other_numbers_are_read(kind: str, tmp_path: Path) -> None:
    pose = np.arange(42).reshape(7, 6).astype(kind)
    clip = read_clip(savez(DPT | {"pose": np.asfortranarray(pose)}, tmp_path))
    np.testing.assert_array_equal(clip.jaw, pose[:, 3:].astype(np.float32))


@pytest.mark.parametrize("name", ["npz", "safetensors"])
@pytest.mark.parametrize("kind", ["float64", "float16", "int32"])
def test_our_own_are_float32(name: str, kind: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    fails(with_field(sample, "jaw", sample.fields["jaw"].astype(kind), tmp_path), sample, "jaw", "float32")


# --- damage -----------------------------------------------------------------------------------------


@samples
@pytest.mark.parametrize("kept", [0, 5, 9, 60, 0.3, 0.8, -1])
def test_cut_off(name: str, kept: float, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    path = sample.save(sample.fields, tmp_path)
    victims = [path] if path.is_file() else [path / f"{key}.npy" for key in CODES]
    for victim in victims:
        data = victim.read_bytes()
        end = round(kept * len(data)) if isinstance(kept, float) else kept
        victim.write_bytes(data[:end])
        with pytest.raises(FileError, match=re.escape(path.name)):
            read_clip(path)
        with pytest.raises(FileError, match=re.escape(path.name)):
            read_clip(path, sample.layout)
        victim.write_bytes(data)


@pytest.mark.parametrize(
    "name", ["npz compressed", "safetensors", "3dxtalker-packed", "artalk", "emote", "voca"]
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_never_surprise(name: str, tmp_path: Path, data: st.DataObject) -> None:
    """A clip or an error of ours; nothing else, whatever is in the file."""
    sample = SAMPLES[name]
    path = sample.save(sample.fields, tmp_path)
    raw = bytearray(path.read_bytes())
    near = st.one_of(st.integers(0, min(400, len(raw) - 1)), st.integers(0, len(raw) - 1))
    for index in data.draw(st.lists(near, min_size=1, max_size=8)):
        raw[index] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw))
    try:
        clip = read_clip(path)
    except FileError as error:
        assert path.name in str(error)
    else:
        assert np.isfinite(clip.expression).all()


# --- 3DXTalker's folder -----------------------------------------------------------------------------


def folder(tmp_path: Path) -> Path:
    return SAMPLES["3dxtalker"].save(CODES, tmp_path)


def test_sound_of_another_rate(tmp_path: Path) -> None:
    path = folder(tmp_path)
    write_wav(path / "audio.wav", np.zeros(44100), 44_100)
    with pytest.raises(FormatError, match=r"audio\.wav.*44,100.*16,000"):
        read_clip(path)


def test_motion_of_another_rate(tmp_path: Path) -> None:
    path = folder(tmp_path)
    write_wav(path / "audio.wav", np.zeros(16_000 * 4))
    with pytest.raises(FormatError, match=r"audio\.wav.*4\.00 s.*0\.28 s"):
        read_clip(path)


def test_sound_cut_off(tmp_path: Path) -> None:
    path = folder(tmp_path)
    data = (path / "audio.wav").read_bytes()
    (path / "audio.wav").write_bytes(data[: len(data) // 2])
    with pytest.raises(FormatError, match=r"audio\.wav.*cut off"):
        read_clip(path)


def test_no_sound(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "audio.wav").unlink()
    assert read_clip(path).audio is None


def test_packed_vector_in_a_folder(tmp_path: Path) -> None:
    np.save(tmp_path / "flame_params.npy", VECTOR)
    write_wav(tmp_path / "audio.wav", np.zeros(7 * 640))
    clip = read_clip(tmp_path)
    np.testing.assert_array_equal(clip.vector(), VECTOR)
    assert clip.audio is not None
    assert len(clip.audio.samples) == 7 * 640


def test_constant_shape_comes_out_once(tmp_path: Path) -> None:
    row = CODES["shapecode"][:1]
    path = SAMPLES["3dxtalker"].save(CODES | {"shapecode": np.repeat(row, 7, axis=0)}, tmp_path)
    np.testing.assert_array_equal(read_clip(path).shape, row[0])


# --- variants ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(100,), (1, 100)])
def test_diffposetalk_with_one_shape(shape: tuple[int, ...], tmp_path: Path) -> None:
    one = DPT["shape"][0].reshape(shape)
    np.testing.assert_array_equal(read_clip(savez(DPT | {"shape": one}, tmp_path)).shape, one.reshape(100))


def test_smirk_of_one_picture(tmp_path: Path) -> None:
    clip = read_clip(savez({name: array[0] for name, array in SMIRK.items()}, tmp_path))
    assert clip.n_frames == 1
    np.testing.assert_array_equal(clip.shape, SMIRK["shape_params"][0])


def test_vhap_without_displacement(tmp_path: Path) -> None:
    """Parts that are zero throughout are read as none."""
    fields = VHAP | {"neck_pose": np.zeros((7, 3)), "eyes_pose": np.zeros((7, 6))}
    fields.pop("static_offset")
    clip = read_clip(savez(fields, tmp_path))
    assert clip.neck is None
    assert clip.eyes is None
    assert "static_offset_mm" not in clip.provenance


def test_fewer_coefficients(tmp_path: Path) -> None:
    clip = read_clip(savez(VHAP | {"shape": VHAP["shape"][:100], "expr": VHAP["expr"][:, :50]}, tmp_path))
    assert clip.shape.shape == (100,)
    assert clip.expression.shape == (7, 50)


# --- recognising --------------------------------------------------------------------------------------


def test_unknown_layout(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'vhap'"):
        read_clip(tmp_path / "x.npz", "vhapp")


@pytest.mark.parametrize("name", NOT_FLAME)
def test_named_but_not_flame(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not FLAME"):
        read_clip(tmp_path / "x.npz", name)


def test_ambiguous_content_is_not_guessed(tmp_path: Path) -> None:
    path = savez(VHAP | DPT | {"shape": VHAP["shape"]}, tmp_path)
    with pytest.raises(FormatError, match="could be diffposetalk or vhap; say which with layout="):
        read_clip(path)
    assert read_clip(path, "vhap").n_frames == 7


def test_ambiguous_folder(tmp_path: Path) -> None:
    path = folder(tmp_path)
    np.save(path / "flame_params.npy", VECTOR)
    with pytest.raises(FormatError, match="could be 3dxtalker or 3dxtalker-packed"):
        read_clip(path)
    assert read_clip(path, "3dxtalker-packed").n_frames == 7


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((5, 265), np.float32), "Ditto"),
        (np.zeros((5, 70), np.float32), "JoyVASA"),
        (np.zeros((5, 5023, 3), np.float32), "vertices"),
        (np.zeros((5, 12), np.float32), r"array of shape \(5, 12\), which is no known layout.*vhap: "),
    ],
)
def test_other_arrays(array: np.ndarray, words: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(FormatError, match=words):
        read_clip(tmp_path / "x.npy")


def test_liveportrait(tmp_path: Path) -> None:
    frame = {
        "scale": np.ones((1, 1)),
        "R": np.eye(3)[None],
        "exp": np.zeros((1, 21, 3)),
        "t": np.zeros((1, 3)),
    }
    path = SAMPLES["emote"].save({"n_frames": 1, "output_fps": 25, "motion": [frame]}, tmp_path)  # type: ignore[dict-item]
    with pytest.raises(FormatError, match=r"LivePortrait.*is not FLAME"):
        read_clip(path)


def test_live_link(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Timecode,BlendShapeCount,EyeBlinkLeft\n")
    with pytest.raises(FormatError, match="lacks 51 of ARKit"):
        read_clip(tmp_path / "x.csv")


def test_one_file_of_a_folder(tmp_path: Path) -> None:
    path = folder(tmp_path)
    with pytest.raises(FormatError, match="give the folder"):
        read_clip(path / "expcode.npy")


def test_other_files(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello, this is a text of some length")
    with pytest.raises(FormatError, match="is not a clip"):
        read_clip(tmp_path / "x.txt")
    with pytest.raises(FileError, match="no such file"):
        read_clip(tmp_path / "nothing.npz")
    with pytest.raises(FormatError, match=r"folder with the .npy files"):
        read_clip(tmp_path)
    with pytest.raises(FileError, match="URL"):
        read_clip("https://example.org/clip.npz")


def test_the_ending_does_not_matter(tmp_path: Path) -> None:
    sample = SAMPLES["vhap"]
    path = sample.save(sample.fields, tmp_path)
    check(read_clip(path.rename(tmp_path / "tracked.data")), sample.parts)


# --- our own: the text ----------------------------------------------------------------------------------


META = json.loads(str(OWN_FILE["flametalk"]))


@pytest.mark.parametrize("name", ["npz", "safetensors"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (META | {"version": 2}, "version 2.*upgrade"),
        (META | {"version": "1"}, "no version"),
        (META | {"fps": 0}, "fps is 0"),
        (META | {"fps": "25"}, "fps"),
        (META | {"fps": 1e9}, "fps"),
        (META | {"fps": True}, "fps"),
        (META | {"audio_rate": None}, "audio_rate"),
        (META | {"audio_rate": 3}, "rate is 3"),
        (META | {"made_for": 5}, "made_for"),
        (META | {"provenance": []}, "provenance"),
        ({key: META[key] for key in META if key != "made_for"}, "made_for"),
        ([], "no version"),
        ("[" * 100_000, "damaged"),
        ('{"version": 1, "fps": NaN}', "damaged"),
        ("{", "damaged"),
    ],
)
def test_damaged_text(name: str, text: Any, words: str, tmp_path: Path) -> None:
    text = text if isinstance(text, str) else json.dumps(text)
    sample = replace(SAMPLES[name], fields=OWN_FILE | {"flametalk": np.array(text)})
    with pytest.raises(FormatError, match=words):
        read_clip(sample.save(sample.fields, tmp_path))


def test_text_of_another_type(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a text"):
        read_clip(savez(OWN_FILE | {"flametalk": np.zeros(3)}, tmp_path))
