"""The benchmark that ships: `python -m scripts.benchmark -o DIR`.

40 held-out procedural clips (voices and texts that are never trained on; phones known exactly, so the truth
is the performer on exact phones with the emotions of the text) against

    mean pose       the mean face and head of the other clips, still
    amplitude only  the jaw follows the envelope, fitted on the other clips; the rest as the mean pose
    performer       the rules on the phones that are heard in the sound as it arrives
    builtin         the model that ships, where its weights are
    absolute, no amplitude, no emotion, white noise
                    ablations, where --ablations DIR holds absolute.safetensors, no_amplitude.safetensors …

Methods with chance in them speak with each of --seeds. Every method hears the same sound and knows the
shape of the head, nothing else. DIR gets the clips and report/index.html; the tables are printed. The truth
moves as the performer does: the performer's score says how well phones are heard, not how people move.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flametalk.api import animate
from flametalk.audio.features import extract_features
from flametalk.audio.signal import Audio
from flametalk.clip import Clip
from flametalk.data.cast import cast
from flametalk.data.take import hear, show, speak
from flametalk.data.voice import open_speaker
from flametalk.generate.shipped import BUILTIN
from flametalk.head import Head
from flametalk.metrics.synchrony import loudness_of
from flametalk.perform import perform
from flametalk.report import Evaluation, evaluate

CLIPS, SEEDS, CORPUS_SEED = 40, 3, 0
COLUMNS = "mve,mve_face,lve,lve_rms,ufve,fdd,closures,r_truth,ba9,pose_variance,diversity"
ABLATIONS = {  # file → (name, 3DXTalker's table 2: LVE, MVE, UFDD, UFVE)
    "absolute": ("absolute", (1.242, 1.558, 1.479, 1.212)),
    "no_amplitude": ("no amplitude", (0.971, 1.417, 1.328, 1.133)),
    "no_emotion": ("no emotion", (0.926, 1.414, 1.373, 1.142)),
    "white_noise": ("white noise", None),  # not in the paper's table
}
PAPER_FULL = (0.877, 1.371, 1.317, 1.113)
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


def held_out(count: int, head: Head) -> Iterator[Spoken]:
    """The same clips every time."""
    with open_speaker() as speaker:
        for index in range(count):
            role = cast("test", index, CORPUS_SEED)
            speech = speak(role, speaker)
            truth = show(role, speech, head).replace(audio=hear(role, speech))
            yield Spoken(f"test-{index:02d}-{role.language}", truth)


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


def run_methods(
    spoken: list[Spoken], head: Head, seeds: int, ablations: Path | None
) -> Iterator[tuple[str, dict[str, Clip]]]:
    """Name and clips of each method that can run here; those that cannot are told."""
    yield "mean pose", mean_pose(spoken)
    yield "amplitude only", amplitude_only(spoken)
    heard = {one.name: extract_features(one.sound) for one in spoken}

    def by_rules(one: Spoken, seed: int) -> Clip:
        return perform(heard[one.name], head, seed).replace(shape=one.truth.shape)

    yield "performer", sampled(spoken, seeds, by_rules)
    checkpoints = {"builtin": BUILTIN}
    if ablations is not None:
        checkpoints |= {name: ablations / f"{file}.safetensors" for file, (name, _) in ABLATIONS.items()}
    for name, path in checkpoints.items():
        if not path.is_file():
            print(f"left out: {name} ({path} is not there)")
            continue

        def learned(one: Spoken, seed: int, path: Path = path) -> Clip:
            return animate(one.sound, generator=path, seed=seed, shape=one.truth.shape)

        yield name, sampled(spoken, seeds, learned)


# --- the paper --------------------------------------------------------------------------------------


def directions(evaluation: Evaluation) -> str:
    """Does leaving a part out hurt, as in the paper's table 2? Relative change against the full model."""
    rows = [
        "| left out | | " + " | ".join(c.upper() for c in PAPER_COLUMNS) + " |",
        "| --- | --- |" + " ---: |" * 4,
    ]
    for name, paper in ABLATIONS.values():
        if name not in evaluation.methods:
            continue
        if paper is not None:
            told = [f"{100 * (a / b - 1):+.0f} %" for a, b in zip(paper, PAPER_FULL, strict=True)]
            rows.append(f"| {name} | paper | " + " | ".join(told) + " |")
        ours = []
        for key in PAPER_COLUMNS:
            full, less = (evaluation.summary(m, key).mean for m in ("builtin", name))
            ours.append(f"{100 * (less / full - 1):+.0f} %")
        rows.append(f"| {name} | here | " + " | ".join(ours) + " |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("out/benchmark"), metavar="DIR")
    parser.add_argument("--clips", type=int, default=CLIPS, metavar="N", help="of the held-out ones")
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, metavar="N", help="samples of methods with chance"
    )
    parser.add_argument("--ablations", type=Path, metavar="DIR", help="folder of ablation checkpoints")
    options = parser.parse_args()
    if options.clips < 2 or options.seeds < 1:
        parser.error("at least 2 clips (a mean over the others is needed) and 1 seed")
    head = Head.load()
    spoken = list(held_out(options.clips, head))
    for one in spoken:
        one.truth.save(options.output / "truth" / f"{one.name}.npz")
    methods: dict[str, Path] = {}
    for name, clips in run_methods(spoken, head, options.seeds, options.ablations):
        methods[name] = options.output / name.replace(" ", "_")
        for clip_name, clip in clips.items():
            clip.save(methods[name] / f"{clip_name}.npz")
        print(f"made     {name}: {len(clips)} clips", flush=True)
    evaluation = evaluate(methods, options.output / "truth")
    page = evaluation.save(options.output / "report", columns=COLUMNS if options.seeds > 1 else None)
    print(f"\n{evaluation.table(COLUMNS if options.seeds > 1 else None).markdown()}")
    if any(name in methods for name, _ in ABLATIONS.values()) and "builtin" in methods:
        print(f"Against the paper's table 2:\n\n{directions(evaluation)}\n")
    seconds = sum(one.truth.duration for one in spoken)
    print(f"{len(spoken)} clips, {seconds:.0f} s, {options.seeds} seeds; wrote {page}")


if __name__ == "__main__":
    main()
