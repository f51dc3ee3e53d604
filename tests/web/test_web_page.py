"""The viewer's page: small, self-contained, and what is packed in it is the clip."""

import base64
import json
import re
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from export.export_clips import lively_clip
from head.synthetic import tiny_head

from flametalk.audio.decode import load_audio
from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.export.materials import appearance
from flametalk.head import Head
from flametalk.render.looks import LOOKS
from flametalk.web.light import light_of
from flametalk.web.page import viewer_page, write_page
from flametalk.web.sound import flac
from flametalk.web.strip import brow_height

pytestmark = pytest.mark.core


def tone(seconds: float, rate: int = 16_000) -> Audio:
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(size=len(time))
    return Audio((0.3 * np.sin(2 * np.pi * 220 * time) + 0.02 * noise).astype(np.float32), rate)


def content(page: str, name: str) -> str:
    found = re.search(rf'<script id="{name}"[^>]*>(.*?)</script>', page, re.S)
    assert found
    return found[1]


def unpacked(page: str) -> tuple[dict, dict[str, np.ndarray]]:
    """The header and the arrays, read by the rules that `player.js` follows."""
    header = json.loads(content(page, "header"))
    block = zlib.decompress(base64.b64decode(content(page, "block")))
    arrays = {}
    for name, entry in header["arrays"].items():
        kind = np.dtype(f"<{entry['type']}")
        raw = block[entry["at"] : entry["at"] + entry["n"] * kind.itemsize]
        if kind.itemsize == 2:
            raw = np.frombuffer(raw, np.uint8).reshape(2, -1).T.tobytes()
        values = np.frombuffer(raw, kind)
        arrays[name] = values * entry["step"] if "step" in entry else values
    return header, arrays


def test_ten_seconds_take_less_than_three_megabytes_and_nothing_from_outside() -> None:
    head = Head.load()
    clip = lively_clip(head, frames=250, audio=tone(10, 48_000))
    page = viewer_page(clip, head)
    assert len(page.encode()) < 3e6
    # our own JavaScript is small and readable
    player = (files("flametalk.web") / "player.js").read_text()
    assert len(player) < 60_000 and max(map(len, player.splitlines())) < 130
    outside = re.sub(r"<script id=.*?</script>", "", page, flags=re.S)
    assert not re.search(r"https?:|//[a-z]+\.|\bimport\b|\bfetch\(|XMLHttp|@import|url\(|\bsrc=", outside)
    assert "{{" not in page.replace(player, "")


@pytest.mark.parametrize("which", ["builtin", "tiny"])
def test_the_packed_numbers_are_the_clips(which: str) -> None:
    head = Head.load() if which == "builtin" else tiny_head(v=30, dtype=torch.float32)
    clip = lively_clip(head, frames=6)
    header, arrays = unpacked(viewer_page(clip, head))
    assert (header["frames"], header["fps"], header["vertices"]) == (6, 25, head.n_vertices)
    rest = head.vertices(torch.tensor(clip.shape)[None], torch.zeros(1, 1), torch.zeros(1, 5, 3))[0].numpy()
    assert np.abs(arrays["points"].reshape(-1, 3) - rest).max() < 1e-5
    weights = arrays["weights"].reshape(-1, 6)
    assert np.abs(weights.T - clip.expression).max() < 1e-4
    basis, at = head.expression_basis.numpy(), 0
    for k, count in enumerate(arrays["shape_counts"].tolist()):
        rows = np.cumsum(arrays["shape_gaps"][at : at + count].astype(int))
        dense = np.zeros((head.n_vertices, 3))
        dense[rows] = arrays["shape_values"][3 * at : 3 * (at + count)].reshape(3, -1).T
        assert np.abs(dense - basis[:, :, k]).max() < 1.1e-5
        at += count
    texture = base64.b64decode(content(viewer_page(clip, head), "texture"))
    assert texture.startswith(b"\xff\xd8") == (which == "builtin")
    assert ("happy" in header["emotions"]) == (which == "builtin")


def test_the_sound_is_kept_to_the_sample(tmp_path: Path) -> None:
    sound = tone(0.5)
    (tmp_path / "a.flac").write_bytes(flac(sound))
    back = load_audio(tmp_path / "a.flac", rate=sound.rate)
    assert np.abs(back.samples - sound.samples).max() < 1 / 32000
    assert len(back.samples) == len(sound.samples)


def test_brows_go_up_where_the_expression_says_so() -> None:
    head = Head.load()
    expression = np.zeros((2, 50), np.float32)
    expression[1, head.expression_names.index("brow_inner_up_left")] = 1
    low, high = brow_height(Clip.neutral(2, expression=expression), head)
    assert low == 0 and 0.2 < high < 6


def test_names_and_stories_cannot_leave_their_place() -> None:
    evil = "</script><script>alert(1)</script>{{player}}"
    clip = Clip.neutral(1, provenance={"note": evil})
    page = viewer_page(clip, title=evil)
    assert page.count("</script>") == 4
    assert page.count("&lt;/script&gt;") == 4
    assert json.loads(content(page, "header"))["story"]["clip"]["note"] == evil


def test_the_command_and_the_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = Clip.neutral(3, made_for="builtin-1", audio=tone(0.12))
    clip.save(tmp_path / "clip.npz")
    assert main(["view", str(tmp_path / "clip.npz")]) == 0
    assert "MB, 0.1 s" in capsys.readouterr().out
    page = (tmp_path / "clip.html").read_text()
    assert page.startswith("<!doctype html>") and "<title>clip.npz</title>" in page
    assert main(["view", str(tmp_path / "clip.npz"), "-o", str(tmp_path / "x.mp4")]) == 2
    assert "ending .html" in capsys.readouterr().err
    frame = clip.show(height=300)._repr_html_()
    assert frame.startswith('<iframe srcdoc="&lt;!doctype html&gt;') and "height:300px" in frame
    assert frame.count('"') == 6, "nothing inside may end the attribute"
    write_page(clip, tmp_path / "other.html", look="clay")


@pytest.mark.parametrize("look", LOOKS)
def test_every_part_of_every_look_has_its_light(look: str) -> None:
    """Textured slots, and the plain materials of a head without a painted skin."""
    for head in (Head.load(), tiny_head(v=30, dtype=torch.float32)):
        wear = appearance(head, look, 64)
        light = json.loads(json.dumps(light_of(look, wear), allow_nan=False))
        assert set(light["answers"]) == {slot.name for slot in wear.materials}
        assert all(0 <= x <= 4 for answer in light["answers"].values() for x in answer)
        for lamp in light["lamps"]:
            assert np.linalg.norm(lamp["direction"]) == pytest.approx(1, abs=1e-5)
        assert len(light["lamps"]) == 4 and all(0.5 < x <= 1 for x in light["wrap"])
