"""The benchmark that ships: `python -m scripts.benchmark --corpus corpus -o out/benchmark`.

40 held-out procedural clips (voices and texts that are never trained on; phones known exactly, so the truth
is the performer on exact phones with the emotions of the text) against

    mean pose       the mean face and head of the other clips, still
    amplitude only  the jaw follows the envelope, fitted on the other clips; the rest as the mean pose
    performer       the rules on the phones that are heard in the sound as it arrives
    builtin         the model that ships, or --model FILE
    animate         the same with the rules of flametalk/mend.py, as `flametalk.animate` gives it
    small …         a small model and its ablations, where --runs DIR holds what scripts.train_ablations made

Methods with chance in them speak with each of --seeds. Every method hears the same sound and knows the
shape of the head, nothing else. DIR gets the clips and report/index.html; the tables are printed. The truth
moves as the performer does: the performer's score says how well phones are heard, not how people move.

The clips are the split "test" of a corpus; without --corpus they are made here (extra `corpus`), the same.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from flametalk.audio.features import AudioFeatures, extract_features
from flametalk.audio.signal import Audio
from flametalk.clip import Clip
from flametalk.data.cast import cast
from flametalk.data.shards import Corpus
from flametalk.data.take import hear, show, speak
from flametalk.data.voice import open_speaker
from flametalk.generate.checkpoint import load_model
from flametalk.generate.model import MotionModel, generate_clip
from flametalk.generate.sample import SampleSettings
from flametalk.generate.schedules import EvenSchedule
from flametalk.generate.shipped import BUILTIN
from flametalk.head import Head
from flametalk.mend import mend
from flametalk.metrics.synchrony import loudness_of
from flametalk.perform import perform
from flametalk.report import Evaluation, evaluate
from scripts.train_ablations import ABLATIONS, FULL

CLIPS, SEEDS, CORPUS_SEED = 40, 3, 1
SHIPPED, WITH_RULES = "builtin", "animate"
COLUMNS = "mve,mve_face,lve,lve_rms,ufve,fdd,closures,r_truth,ba9,pose_variance,blinks"
PAPER = {  # 3DXTalker's table 2: LVE, MVE, UFDD, UFVE
    FULL: (0.877, 1.371, 1.317, 1.113),
    "absolute": (1.242, 1.558, 1.479, 1.212),
    "no amplitude": (0.971, 1.417, 1.328, 1.133),
    "no emotion": (0.926, 1.414, 1.373, 1.142),
}
PAPER_COLUMNS = ("lve", "mve", "fdd", "ufve")


@dataclass(frozen=True, eq=False)
class Spoken:
    """A held-out clip: its name, the truth with the sound as it arrives."""

    name: str
    truth: Clip

    @property
    def sound(self) -> Audio:
        assert self.truth.audio is not None
        return self.truth.audio


def held_out(count: int, head: Head, corpus: Path | None) -> Iterator[Spoken]:
    """The same clips every time."""
    if corpus is not None:
        yield from _from_corpus(count, head, Corpus.open(corpus, "test"))
        return
    with open_speaker() as speaker:
        for index in range(count):
            role = cast("test", index, CORPUS_SEED)
            speech = speak(role, speaker)
            truth = show(role, speech, head).replace(audio=hear(role, speech))
            yield Spoken(f"test-{index:02d}-{role.language}", truth)


def _from_corpus(count: int, head: Head, corpus: Corpus) -> Iterator[Spoken]:
    if len(corpus) < count or corpus.info.made_for != head.name:
        raise SystemExit(
            f"{corpus.folder} holds {len(corpus)} test clips for {corpus.info.made_for}, "
            f"{count} for {head.name} are needed"
        )
    for index in range(count):
        took = corpus[index]
        truth = corpus.info.space.unpack(took.motion, made_for=head.name, fps=corpus.info.fps)
        truth = truth.replace(shape=truth.shapes()[0], audio=took.audio)
        yield Spoken(f"test-{index:02d}-{took.info['language']}", truth)


# --- methods ----------------------------------------------------------------------------------------


def mean_pose(spoken: list[Spoken]) -> dict[str, Clip]:
    """Still; the mean is that of the other clips."""
    means = {name: [getattr(s.truth, name).mean(0) for s in spoken] for name in ("expression", "jaw", "head")}
    clips = {}
    for k, one in enumerate(spoken):
        frames = one.truth.n_frames
        parts = {
            name: np.repeat(np.delete(values, k, axis=0).mean(0)[None], frames, axis=0)
            for name, values in ((n, np.stack(v)) for n, v in means.items())
        }
        clips[one.name] = Clip.neutral(frames, shape=one.truth.shape, made_for=one.truth.made_for, **parts)
    return clips


def amplitude_only(spoken: list[Spoken]) -> dict[str, Clip]:
    """jaw = a · loudness + b by least squares over the other clips; loudness relative to loud parts."""
    still = mean_pose(spoken)
    loud = [_loudness(one) for one in spoken]
    clips = {}
    for k, one in enumerate(spoken):
        others = [i for i in range(len(spoken)) if i != k]
        x = np.concatenate([loud[i] for i in others])
        y = np.concatenate([spoken[i].truth.jaw[:, 0] for i in others])
        a, b = np.polyfit(x, y, 1)
        jaw = np.zeros((one.truth.n_frames, 3), np.float32)
        jaw[:, 0] = np.maximum(0.0, a * loud[k] + b)
        clips[one.name] = still[one.name].replace(jaw=jaw)
    return clips


def _loudness(one: Spoken) -> np.ndarray:
    level = loudness_of(one.sound, one.truth.fps, one.truth.n_frames)
    return np.clip(level / max(float(np.percentile(level, 95)), 1e-4), 0.0, 1.5)


def learned(model: MotionModel, heard: AudioFeatures, truth: Clip, seed: int) -> Clip:
    """What a checkpoint alone makes of features that were taken before."""
    reference = Clip.neutral(1, shape=truth.shape, made_for=truth.made_for)
    steps = int(model.info.get("sample_steps", EvenSchedule().steps))
    chance = torch.Generator().manual_seed(seed)
    return generate_clip(model, heard, reference, chance, SampleSettings(schedule=EvenSchedule(steps)))


def sampled(spoken: list[Spoken], seeds: int, speak_with: Callable[[Spoken, int], Clip]) -> dict[str, Clip]:
    """Every clip with every seed, as long as its truth."""
    clips = {}
    for one in spoken:
        for seed in range(seeds):
            clip = speak_with(one, seed).replace(audio=None)
            if clip.n_frames < one.truth.n_frames:
                raise SystemExit(f"{one.name}: {clip.n_frames} frames, expected {one.truth.n_frames}")
            clips[f"{one.name}.seed{seed}"] = clip.cut(0.0, one.truth.n_frames / one.truth.fps)
    return clips


def mended(clips: dict[str, Clip], heard: dict[str, AudioFeatures], head: Head) -> dict[str, Clip]:
    """The same samples with the rules that `flametalk.animate` adds."""
    made = {}
    for name, clip in clips.items():
        one, _, seed = name.rpartition(".seed")
        made[name] = mend(clip, heard[one], head, int(seed))
    return made


def checkpoints(model: Path, runs: Path | None) -> dict[str, Path]:
    """Learned methods by name; those that are not there are told and left out."""
    wanted = {SHIPPED: model}
    if runs is not None:
        for name, ablation in ABLATIONS.items():
            best = runs / ablation.folder / "best.safetensors"
            wanted[name] = best if best.is_file() else best.with_name("model.safetensors")
    for name, path in wanted.items():
        if not path.is_file():
            print(f"left out: {name} ({path} is not there)")
    return {name: path for name, path in wanted.items() if path.is_file()}


def run_methods(
    spoken: list[Spoken], head: Head, seeds: int, models: dict[str, Path]
) -> Iterator[tuple[str, dict[str, Clip]]]:
    """Name and clips of each method."""
    yield "mean pose", mean_pose(spoken)
    yield "amplitude only", amplitude_only(spoken)
    heard = {one.name: extract_features(one.sound) for one in spoken}

    def by_rules(one: Spoken, seed: int) -> Clip:
        return perform(heard[one.name], head, seed).replace(shape=one.truth.shape)

    yield "performer", sampled(spoken, seeds, by_rules)
    for name, path in models.items():
        model = load_model(path, head.name)

        def by_model(one: Spoken, seed: int, model: MotionModel = model) -> Clip:
            return learned(model, heard[one.name], one.truth, seed)

        clips = sampled(spoken, seeds, by_model)
        yield name, clips
        if name == SHIPPED:
            yield WITH_RULES, mended(clips, heard, head)


# --- the paper --------------------------------------------------------------------------------------


def directions(evaluation: Evaluation) -> str:
    """Does leaving a part out hurt, as in the paper's table 2? Relative change against the full model."""
    rows = [
        "| left out | | " + " | ".join(c.upper() for c in PAPER_COLUMNS) + " |",
        "| --- | --- |" + " ---: |" * 4,
    ]
    for name in ABLATIONS:
        if name == FULL or name not in evaluation.methods:
            continue
        if name in PAPER:
            told = [f"{100 * (a / b - 1):+.0f} %" for a, b in zip(PAPER[name], PAPER[FULL], strict=True)]
            rows.append(f"| {name} | paper | " + " | ".join(told) + " |")
        ours = []
        for key in PAPER_COLUMNS:
            full, less = (evaluation.summary(m, key).mean for m in (FULL, name))
            ours.append(f"{100 * (less / full - 1):+.0f} %")
        rows.append(f"| {name} | here | " + " | ".join(ours) + " |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("out/benchmark"), metavar="DIR")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="whose test clips are taken")
    parser.add_argument("--model", type=Path, default=BUILTIN, metavar="FILE", help="in place of builtin")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="where scripts.train_ablations trained")
    parser.add_argument("--clips", type=int, default=CLIPS, metavar="N", help="of the held-out ones")
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, metavar="N", help="samples of methods with chance"
    )
    options = parser.parse_args()
    if options.clips < 2 or options.seeds < 1:
        parser.error("at least 2 clips (a mean over the others is needed) and 1 seed")
    head = Head.load()
    spoken = list(held_out(options.clips, head, options.corpus))
    for one in spoken:
        one.truth.save(options.output / "truth" / f"{one.name}.npz")
    methods: dict[str, Path] = {}
    for name, clips in run_methods(spoken, head, options.seeds, checkpoints(options.model, options.runs)):
        methods[name] = options.output / name.replace(" ", "_")
        for clip_name, clip in clips.items():
            clip.save(methods[name] / f"{clip_name}.npz")
        print(f"made     {name}: {len(clips)} clips", flush=True)
    evaluation = evaluate(methods, options.output / "truth")
    columns = COLUMNS + (",diversity" if options.seeds > 1 else "")
    page = evaluation.save(options.output / "report", columns=columns)
    text = evaluation.table(columns).markdown()
    if FULL in methods and any(name in methods for name in ABLATIONS if name != FULL):
        text += f"\nAgainst the paper's table 2:\n\n{directions(evaluation)}\n"
    (options.output / "benchmark.md").write_text(text, encoding="utf-8")
    print(f"\n{text}")
    seconds = sum(one.truth.duration for one in spoken)
    print(f"{len(spoken)} clips, {seconds:.0f} s, {options.seeds} seeds; wrote {page}")


if __name__ == "__main__":
    main()
