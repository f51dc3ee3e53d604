"""Folders in, report out: the figures are those of the metrics, and bad input is refused by name."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from metrics.metric_samples import head, lively

import flametalk
from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.errors import FileError, FlametalkError, HeadMismatchError, InputError, UnknownNameError
from flametalk.metrics import (
    audio_mouth,
    beat_alignment,
    blinks,
    closure_recall,
    dexp,
    dglo,
    diversity,
    exp,
    fdd,
    glo,
    jerk,
    landmark_distance,
    lve,
    mhd,
    mve,
    pose_variance,
    ufve,
)
from flametalk.report.plots import plot_error_over_time

FRAMES = 70  # more than one chunk


def sound(seed: int) -> Audio:
    noise = np.random.default_rng(seed).normal(size=round(16_000 * FRAMES / 25))
    loud = 0.1 + 0.1 * np.sin(np.arange(len(noise)) * 2 * np.pi / 6000)
    return Audio((loud * noise).astype(np.float32), 16_000)


def truth(seed: int) -> Clip:
    return lively(FRAMES, seed, eyes=np.full((FRAMES, 6), 0.05), audio=sound(seed))


def near(clip: Clip, seed: int, size: float = 0.05) -> Clip:
    noise = np.random.default_rng(seed).normal(0, size, clip.expression.shape)
    return clip.replace(expression=clip.expression + noise, head=0.5 * clip.head, audio=None)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    for k in range(3):
        clip = truth(k)
        clip.save(root / "truth" / f"talk{k}.npz")
        near(clip, k).save(root / "ours" / f"talk{k}.npz")
        near(clip, k, 0.3).save(root / "worse" / f"talk{k}.safetensors")
    (root / "truth" / "notes.txt").write_text("not a clip")
    return root


@pytest.fixture(scope="module")
def evaluation(folders: Path) -> flametalk.Evaluation:
    return flametalk.evaluate({"ours": folders / "ours", "worse": folders / "worse"}, folders / "truth")


def test_columns_are_the_metrics(evaluation: flametalk.Evaluation) -> None:
    """One pass over the vertices gives what the functions give, each with passes of its own."""
    clip, theirs = near(truth(1), 1), truth(1)
    ours = clip.replace(audio=theirs.audio)
    expected = {
        "mve": mve(clip, theirs),
        "mve_face": mve(clip, theirs, mask="face", space="face"),
        "lve": lve(clip, theirs),
        "lve_l2": lve(clip, theirs, variant="max_l2"),
        "lve_rms": lve(clip, theirs, variant="rms_mm"),
        "lve_world": lve(clip, theirs, space="world"),
        "mhd": mhd(clip, theirs),
        "ufve": ufve(clip, theirs),
        "fdd": fdd(clip, theirs, variant="absolute"),
        "fdd_signed": fdd(clip, theirs),
        "ufdd_artalk": fdd(clip, theirs, variant="artalk"),
        "f_lmd": landmark_distance(clip, theirs),
        "closures": closure_recall(clip, theirs),
        "r_audio": audio_mouth(ours).r,
        "ba7": beat_alignment(ours, variance=7.0),
        "jerk_lips": jerk(clip, mask="lips"),
        "pose_variance": pose_variance(clip),
        "glo": glo(clip),
        "exp": exp(clip),
        "dglo": dglo(clip, theirs),
        "dexp": dexp(clip, theirs),
        "blinks": blinks(clip).rate,
    }
    row = next(r for r in evaluation.rows if r["method"] == "ours" and r["clip"] == "talk1")
    for key, value in expected.items():
        assert row[key] == pytest.approx(float(value), rel=1e-4, abs=1e-7, nan_ok=True), key
    own = evaluation.clip("ours", "talk1").truth
    assert own["pose_variance"] == pytest.approx(float(pose_variance(theirs)))
    assert own["r_audio"] == pytest.approx(float(audio_mouth(theirs).r), abs=1e-5)


def test_it_is_a_frame(evaluation: flametalk.Evaluation) -> None:
    assert len(evaluation) == 6
    assert evaluation["method"].tolist() == ["ours"] * 3 + ["worse"] * 3
    assert evaluation["lve"][:3].mean() == pytest.approx(evaluation.summary("ours", "lve").mean)
    assert evaluation.best("lve") == "ours"
    assert evaluation.significance("lve") == {"worse": pytest.approx(2 / 2**3)}
    with pytest.raises(UnknownNameError, match="lve"):
        evaluation["lvee"]
    pandas = pytest.importorskip("pandas")
    assert isinstance(evaluation.to_pandas(), pandas.DataFrame)


def test_the_same_twice(folders: Path, evaluation: flametalk.Evaluation) -> None:
    again = flametalk.evaluate(folders / "ours", folders / "truth", workers=1)
    assert np.array_equal(again["lve"], evaluation["lve"][:3])


def test_samples_are_averaged_and_their_diversity_measured() -> None:
    theirs = truth(0)
    samples = [near(theirs, 5), near(theirs, 6)]
    found = flametalk.evaluate({f"talk.seed{k}": clip for k, clip in enumerate(samples)}, {"talk": theirs})
    assert found["lve"][0] == pytest.approx(np.mean([lve(s, theirs) for s in samples]), rel=1e-4)
    assert found["diversity"][0] == pytest.approx(float(diversity(samples)), rel=1e-5)


# --- the report -------------------------------------------------------------------------------------


class Links(HTMLParser):
    """Files that a page asks for, and tags left open."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.files += [value for name, value in attrs if name in ("src", "href", "poster") and value]
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_command_writes_the_whole_report(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flametalk.report.page.VIDEO_SECONDS", 0.4)
    report = tmp_path / "report"
    code = main(
        [
            *("evaluate", "--pred", str(folders / "ours"), "--pred", f"other={folders / 'worse'}"),
            *("--truth", str(folders / "truth"), "-o", str(report), "--video", "talk1"),
        ]
    )
    out = capsys.readouterr().out
    assert code == 0
    assert "MVE [mm] ↓" in out and "builtin-1" in out

    links = Links()
    text = (report / "index.html").read_text()
    links.feed(text)
    assert not links.open
    assert "side_by_side.mp4" in links.files and "plots/heat_maps.svg" in links.files
    assert all((report / name).stat().st_size > 500 for name in links.files)
    assert not re.search(r"https?://", text)  # works offline

    content = json.loads((report / "metrics.json").read_text())
    assert content["head"] == "builtin-1"
    assert content["columns"]["lve"]["unit"] == "mm²"
    assert len(content["clips"]) == 6
    rows = {row["method"]: row for row in content["summary"]}
    assert rows["ours"]["lve"]["low"] <= rows["ours"]["lve"]["mean"] <= rows["ours"]["lve"]["high"]
    assert rows["ours"]["lve"]["mean"] == pytest.approx(
        np.mean([c["lve"] for c in content["clips"] if c["method"] == "ours"])
    )
    assert content["p against the best"]["lve"] == {"other": 0.25}

    tex = (report / "table.tex").read_text()
    assert tex.count(r"\begin") == tex.count(r"\end")
    assert not set("<>|²°↓↑→†σ") & set(tex.replace("$<$", ""))  # pdfTeX's fonts have them in mathematics only
    assert all(line.count("&") == tex.splitlines()[5].count("&") for line in tex.splitlines() if "&" in line)
    markdown = (report / "table.md").read_text().splitlines()
    assert len({line.count("|") for line in markdown[:4]}) == 1


def test_names_cannot_break_the_page_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    name, a = "<b>&{x}_100%", truth(0)
    found = flametalk.evaluate(
        {name: {"x": near(a, 0).cut(0, 2), "z": a}}, {"x": a, "y": a}, partners="common", lengths="cut"
    )
    assert found.left_out == (f"{name}: y", f"{name}: z")
    assert len(found.clip(name, "x").curves["lip error"]) == 50
    page = found.save(tmp_path / "r", video="none").read_text()
    assert "_100%: y" in page and "cut to the shorter" in page
    assert "<b>&{x}" not in page
    assert "&lt;b&gt;&amp;{x}_100%" in page
    assert r"\&\{x\}\_100\%" in (tmp_path / "r" / "table.tex").read_text()


# --- what is refused --------------------------------------------------------------------------------


def refused(pred: object, theirs: object, match: str, kind: type = InputError, **options: object) -> None:
    with pytest.raises(kind, match=match):
        flametalk.evaluate(pred, theirs, **options)  # type: ignore[arg-type]


def test_bad_input_is_refused_by_name(folders: Path, tmp_path: Path) -> None:
    a, b = truth(0), truth(1)
    refused({"x": a}, {"x": a, "y": b}, "no prediction of 'y'")
    refused({"x": a, "y": b}, {"x": a}, "no truth for 'y'")
    refused({"y": b}, {"x": a}, "no clip in common", partners="common")
    refused({"x": a.cut(0, 2)}, {"x": a}, "'x' of 'prediction' has 50 frames, its truth 70")
    refused({"x": a.resample(30)}, {"x": a}, "30 frames a second")
    refused({"x": a.replace(made_for="flame2020")}, {"x": a}, "'x'.*flame2020", HeadMismatchError)
    refused({"x": a.replace(made_for=None)}, {"x": a.replace(made_for=None)}, "--head", HeadMismatchError)
    refused({}, {"x": a}, "no predictions")
    refused({"truth": {"x": a}}, {"x": a}, "cannot be called")
    refused(tmp_path / "nowhere", {"x": a}, "no folder", FileError)
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", folders / "truth", "holds no clips")
    refused(folders / "ours", tmp_path / "empty", "holds no clips")
    refused({"x": a}, {"x": a}, "equal", UnknownNameError, lengths="shorter")


def test_damaged_files_are_refused_by_name(folders: Path, tmp_path: Path) -> None:
    for name in ("talk0", "talk1", "talk2"):
        (tmp_path / f"{name}.npz").write_bytes((folders / "ours" / f"{name}.npz").read_bytes())
    with np.load(tmp_path / "talk1.npz", allow_pickle=False) as archive:
        arrays = dict(archive)
    arrays["expression"] = np.full_like(arrays["expression"], np.nan)
    np.savez(tmp_path / "talk1.npz", **arrays)
    refused(tmp_path, folders / "truth", "talk1.*NaN", FlametalkError)
    (tmp_path / "talk1.npz").write_bytes(b"PK\x03\x04 damaged")
    refused(tmp_path, folders / "truth", "talk1", FlametalkError)


def test_two_files_of_one_name_are_refused(folders: Path, tmp_path: Path) -> None:
    for ending in ("npz", "safetensors"):
        truth(0).save(tmp_path / f"talk0.{ending}")
    refused(tmp_path, folders / "truth", "'talk0' twice")


def test_mistakes_are_seen_before_anything_is_measured(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flametalk.report.bench.measure_pair", lambda *_: pytest.fail("measured"))
    (tmp_path / "file").touch()
    command = ["evaluate", "--pred", str(folders / "ours"), "--truth", str(folders / "truth")]
    for wrong, told in (
        (["-o", str(tmp_path / "r"), "--columns", "lve,lvee"], "lvee"),
        (["-o", str(tmp_path / "r"), "--video", "talk9"], "talk9"),
        (["-o", str(tmp_path / "file")], "is a file"),
    ):
        assert main([*command, *wrong]) == 2
        assert told in capsys.readouterr().err


def test_clips_of_different_rates_share_one_time() -> None:
    fast, slow = truth(0), truth(0).resample(12.5)
    found = flametalk.evaluate({"fast": near(fast, 0), "slow": near(slow, 0)}, {"fast": fast, "slow": slow})
    line = plot_error_over_time(found).axes[0].lines[0]
    assert np.allclose(np.diff(line.get_xdata()), 1 / 25)
    assert len(line.get_xdata()) == FRAMES


def test_the_command_fails_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["evaluate", "--pred", str(tmp_path), "--truth", str(tmp_path), "-o", str(tmp_path / "r")])
    assert code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "r").exists()


def test_a_head_may_be_given() -> None:
    unnamed = truth(0).replace(made_for=None)
    found = flametalk.evaluate({"x": near(unnamed, 1)}, {"x": unnamed}, head=head())
    assert found["lve"][0] == pytest.approx(float(lve(near(truth(0), 1), truth(0))), rel=1e-4)
