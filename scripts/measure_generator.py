"""The targets of the generator, measured: `python -m scripts.measure_generator --corpus DIR --real DIR`.

Without --corpus the held-out synthetic voices are left out, without --real the real talking clips (pairs
NAME.wav and NAME.npz with `aperture` and `fps`, as for scripts/measure_animation.py). Any checkpoint can be
measured: --generator run/best.safetensors. Every line says what was measured; nothing is taken from a file.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import flametalk
from flametalk.audio.decode import write_wav
from flametalk.audio.features import AudioFeatures, extract_features
from flametalk.audio.signal import Audio
from flametalk.clip import Clip
from flametalk.data.cast import cast
from flametalk.data.shards import Corpus, Performance
from flametalk.data.take import speak
from flametalk.data.voice import open_speaker
from flametalk.generate.checkpoint import load_model
from flametalk.generate.model import MotionModel, generate_clip
from flametalk.generate.sample import SampleSettings
from flametalk.generate.schedules import EvenSchedule
from flametalk.generate.shipped import builtin_model
from flametalk.generate.windows import plan_windows
from flametalk.head import Head
from flametalk.head.lips import lip_height
from flametalk.mend import mend
from flametalk.metrics import closure_rate, lip_gaps, mouth_aperture
from flametalk.metrics.blinks import blinks
from flametalk.metrics.distance import lve
from flametalk.metrics.dynamics import fdd
from flametalk.perform import perform
from flametalk.train.source import told_phones
from scripts.measure_animation import correlations

RATE = 16_000
CLOSED, TEETH = 1.5e-3, 1.5e-3  # metres: lips closed; lower lip at the upper teeth
LIPS_IN_F = 5e-3  # metres between the lips as seen from the front: in f and v the mouth is nearly shut
WORDLESS_SECONDS = 20.0
SPEED_SECONDS = 10.0
SEEDS = range(4)


class Generator:
    """The learned model, or the rules."""

    def __init__(self, name: str, steps: int | None, rules: bool = True):
        self.name, self.head, self.rules = name, Head.load(), rules
        self.model: MotionModel | None = None
        if name != "performer":
            self.model = builtin_model() if name == "builtin" else load_model(name)
            wanted = steps or int(self.model.info.get("sample_steps", 32))
            self.settings = SampleSettings(schedule=EvenSchedule(wanted))

    def __call__(self, features: AudioFeatures, seed: int = 0, reference: Clip | None = None) -> Clip:
        if self.model is None:
            return perform(features, self.head, seed)
        reference = reference or Clip.neutral(1, made_for=self.head.name)
        chance = torch.Generator().manual_seed(seed)
        clip = generate_clip(self.model, features, reference, chance, self.settings)
        return mend(clip, features, self.head, seed) if self.rules else clip


def row(what: str, value: str, target: str = "") -> None:
    print(f"{what:<58} {value:<34} {target}", flush=True)


# --- real clips -------------------------------------------------------------------------------------


def real_clips(make: Generator, folder: Path) -> None:
    best = []
    for sound in sorted(folder.glob("*.wav")):
        track = sound.with_suffix(".npz")
        if not track.is_file():
            continue
        seen = np.load(track)["aperture"].astype(float)
        features = extract_features(sound)
        r = [correlations(mouth_aperture(make(features, seed), make.head), seen) for seed in SEEDS]
        mean = {lag: float(np.mean([x[lag] for x in r])) for lag in r[0]}
        lag = max(mean, key=mean.__getitem__)
        best.append(mean[lag])
        spread = float(np.std([x[lag] for x in r]))
        row(
            f"  {sound.stem}: r, lag {lag:+d}, mean of {len(SEEDS)} seeds", f"{mean[lag]:.3f} (±{spread:.3f})"
        )
    if best:
        row("real talking clips: mean r at the best lag within ±2", f"{np.mean(best):.3f}", "≥ 0.55")


# --- held-out synthetic voices ---------------------------------------------------------------------------


def clean_sounds(corpus: Corpus, most: int) -> list[Audio]:
    """The test voices before noise, rooms, telephones and codecs: spoken again from the corpus' seed."""
    with open_speaker() as speaker:
        roles = [cast("test", k, corpus.info.seed) for k in range(min(most, len(corpus)))]
        return [Audio(speak(role, speaker).samples, RATE) for role in roles]


def features_of(p: Performance, sound: Audio, phones: str) -> AudioFeatures:
    """As the ear of today hears `sound`, with the transcript, or with phones as spoken."""
    words = " ".join(text for text, _ in p.info["texts"]) if phones == "text" else None
    heard = extract_features(sound, text=words)
    return replace(heard, linguistic=told_phones(p)) if phones == "told" else heard


def synthetic(make: Generator, folder: Path, most: int, phones_by: str, clean: bool) -> None:
    corpus = Corpus.open(folder, "test")
    sounds = clean_sounds(corpus, most) if clean else None
    amplitude_only = fit_amplitude(folder)
    head = make.head
    figures: dict[str, list[float]] = {}
    for k in range(min(most, len(corpus))):
        p = corpus[k]
        if p.info.get("wordless") or (phones_by == "text" and p.info["language"] != "en"):
            continue
        truth = corpus.info.space.unpack(p.motion, made_for=head.name)
        truth = truth.replace(shape=truth.shape[0])
        reference = Clip.neutral(1, shape=truth.shape, made_for=head.name)
        sound = sounds[k] if sounds else p.audio
        assert sound is not None, "the test split keeps its sound"
        features = features_of(p, sound, phones_by)
        made = make(features, k, reference)
        phones = [(str(n), float(a), float(b)) for n, a, b in p.info["phones"]]
        note = figures.setdefault
        lips = [(a, b) for n, a, b in phones if n in ("P", "B", "M")]
        if lips:
            note("p/b/m closed", []).extend([closure_rate(made, [span], head) for span in lips])
            note("p/b/m closed, performer heard", []).extend(
                [closure_rate(perform(features, head, k), [span], head) for span in lips]
            )
            note("p/b/m closed, truth", []).extend([closure_rate(truth, [span], head) for span in lips])
        bites = [(a, b) for n, a, b in phones if n in ("F", "V")]
        note("f/v contact", []).extend(teeth_contacts(made, bites, head))
        note("f/v contact, truth", []).extend(teeth_contacts(truth, bites, head))
        still = np.broadcast_to(truth_mean(corpus), p.motion.shape)
        mean_pose = face_only(corpus.info.space.unpack(still, made_for=head.name), truth)
        loud = face_only(amplitude_only(p, corpus), truth)
        note("LVE", []).append(float(lve(face_only(made, truth), face_only(truth, truth), head, "max_l2")))
        note("LVE, performer heard", []).append(
            float(lve(face_only(perform(features, head, k), truth), face_only(truth, truth), head, "max_l2"))
        )
        note("LVE, mean pose", []).append(float(lve(mean_pose, face_only(truth, truth), head, "max_l2")))
        note("LVE, amplitude only", []).append(float(lve(loud, face_only(truth, truth), head, "max_l2")))
        note("UFDD", []).append(float(fdd(made, truth, head, "absolute")))
        opening = mouth_aperture(truth, head)
        again = mouth_aperture(make(features, k + 1000, reference), head)
        note("r with the truth's aperture", []).append(pearson(mouth_aperture(made, head), opening))
        note("r of the apertures of two seeds", []).append(pearson(mouth_aperture(made, head), again))
        note("head motion of two seeds, r", []).append(
            pearson(made.head[:, 1], make(features, k + 2000, reference).head[:, 1])
        )
    mean = {name: float(np.nanmean(values)) for name, values in figures.items()}
    n = len(figures["p/b/m closed"])
    row(f"held-out voices: lips closed (< 1.5 mm) in p, b, m ({n})", f"{mean['p/b/m closed']:.1%}", "≥ 95 %")
    row("  the same of the performer on what is heard", f"{mean['p/b/m closed, performer heard']:.1%}")
    row("  the same of the truth", f"{mean['p/b/m closed, truth']:.1%}")
    row(
        f"lower lip at the upper teeth in f, v ({len(figures['f/v contact'])})",
        f"{mean['f/v contact']:.1%}",
        "≥ 85 %",
    )
    row("  the same of the truth", f"{mean['f/v contact, truth']:.1%}")
    for name in ("mean pose", "amplitude only", "performer heard"):
        share = mean["LVE"] / mean[f"LVE, {name}"]
        target = "≤ 50 %" if name != "performer heard" else ""
        row(
            f"LVE {mean['LVE']:.2f} mm, of that of {name}",
            f"{share:.0%} of {mean[f'LVE, {name}']:.2f} mm",
            target,
        )
    row("UFDD (absolute)", f"{mean['UFDD']:.3f} mm²", "reported")
    for name in (
        "r with the truth's aperture",
        "r of the apertures of two seeds",
        "head motion of two seeds, r",
    ):
        row(name, f"{mean[name]:.3f}")


def truth_mean(corpus: Corpus) -> np.ndarray:
    """Mean row of the test set: a face that knows nothing."""
    return np.mean([corpus[k].motion.mean(0) for k in range(len(corpus))], axis=0).astype(np.float32)


def fit_amplitude(folder: Path):
    """Every dimension as a line on the loudness of the frame, over its clip's: by least squares."""
    try:
        corpus = Corpus.open(folder, "train")
    except flametalk.errors.FlametalkError:
        corpus = Corpus.open(folder, "valid")
    some = [corpus[k] for k in range(min(60, len(corpus)))]
    x = np.concatenate([loudness(p) for p in some])
    y = np.concatenate([p.motion for p in some])
    both = np.stack([x, np.ones_like(x)], 1)
    weights = np.linalg.lstsq(both, y, rcond=None)[0]

    def predict(p: Performance, of: Corpus) -> Clip:
        rows = np.stack([loudness(p), np.ones(len(p.motion))], 1) @ weights
        return of.info.space.unpack(rows.astype(np.float32), made_for=of.info.made_for)

    return predict


def loudness(p: Performance) -> np.ndarray:
    level = p.amplitude.mean(1)
    return level / max(1e-4, float(np.percentile(level, 95)))


def face_only(clip: Clip, truth: Clip) -> Clip:
    """The same person as the truth; head, eyes and lids as they are."""
    return clip.replace(shape=truth.shape)


def teeth_contacts(clip: Clip, spans: list[tuple[float, float]], head: Head) -> list[float]:
    """Whether the lower lip comes to the upper teeth, with the lips nearly together, in each span."""
    if not spans:
        return []
    teeth, lips = (head.regions[name].long() for name in ("teeth_upper", "lips"))
    seam = head.template[head.regions["lip_seam_lower"].long(), 1].mean()
    lower = lips[head.template[lips, 1] < seam]
    met = []
    still = clip.replace(head=np.zeros((clip.n_frames, 3), np.float32), eyes=None)
    for start, end in spans:
        frames = [k for k in range(clip.n_frames) if k / 25 < end and (k + 1) / 25 > start]
        if not frames:
            continue
        vertices = still.vertices(head, frames[0], frames[-1] + 1)
        near = [float(torch.cdist(v[lower], v[teeth]).min()) < TEETH for v in vertices]
        seen = lip_height(head, vertices) < LIPS_IN_F
        met.append(float(any(a and bool(b) for a, b in zip(near, seen, strict=True))))
    return met


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if min(a.std(), b.std()) > 1e-9 else float("nan")


# --- silence, noise, music; blinks ------------------------------------------------------------------


def wordless() -> Iterator[tuple[str, np.ndarray]]:
    n = round(WORDLESS_SECONDS * RATE)
    chance, times = np.random.default_rng(0), np.arange(n) / RATE
    yield "silence", np.zeros(n)
    yield "white noise, −40 dB", 0.01 * chance.standard_normal(n)
    spectrum = np.fft.rfft(chance.standard_normal(n)) / np.sqrt(np.maximum(np.arange(n // 2 + 1), 1))
    pink = np.fft.irfft(spectrum, n)
    yield "pink noise, −20 dB", 0.1 * pink / pink.std()
    music = np.zeros(n)
    for bar, chord in enumerate([(220, 277, 330), (196, 247, 294), (175, 220, 262), (196, 247, 294)] * 5):
        for hertz in chord:
            at = times - bar
            music += np.where(
                (at >= 0) & (at < 1),
                np.exp(-3 * np.clip(at, 0, 1)) * np.sign(np.sin(2 * np.pi * hertz * at)),
                0,
            )
    yield "music (plucked square waves), −20 dB", 0.1 * music / music.std()


def without_words(make: Generator) -> None:
    for name, samples in wordless():
        clip = make(extract_features(Audio(np.clip(samples, -1, 1).astype(np.float32), RATE)))
        finite = all(np.isfinite(getattr(clip, part)).all() for part in ("expression", "head", "jaw"))
        shut = float((lip_gaps(clip, make.head) < CLOSED).mean())
        rate = float(blinks(clip, make.head).rate)
        value = f"{shut:.1%} closed, {rate:.0f} blinks/min" + ("" if finite else ", NOT FINITE")
        row(f"{name}", value, "≥ 95 %, blinks go on")


def blinking(make: Generator, sounds: list[Audio]) -> None:
    rates, lengths, minutes = 0, [], 0.0
    for seed, sound in enumerate(sounds):
        found = blinks(make(extract_features(sound), seed), make.head)
        rates, minutes = rates + len(found.times), minutes + found.duration / 60
        lengths += list(found.lengths)
    row(f"blinks in {minutes:.1f} minutes of speech", f"{rates / minutes:.1f} a minute", "8 to 30")
    good = np.mean([0.1 - 1e-6 <= x <= 0.4 + 1e-6 for x in lengths]) if lengths else float("nan")
    row("  of 100 to 400 ms", f"{good:.0%}, mean {1000 * np.mean(lengths):.0f} ms", "each")


# --- length and speed -------------------------------------------------------------------------------


def long_speech(make: Generator, sound: Audio) -> None:
    """Ten minutes: the sound again and again."""
    times = int(np.ceil(600 * sound.rate / len(sound.samples)))
    features = extract_features(Audio(np.tile(sound.samples, times)[: 600 * sound.rate], sound.rate))
    before = start_peak()
    begin = time.perf_counter()
    clip = make(features)
    took = time.perf_counter() - begin
    more = peak() - before
    rows = np.concatenate([clip.expression, clip.jaw, clip.head], 1)
    minute = 25 * 60
    drift = np.abs(rows[-minute:].mean(0) - rows[:minute].mean(0)) / np.maximum(rows.std(0), 1e-3)
    row(
        f"10 minutes ({took:.0f} s): mean pose, last minute − first",
        f"{drift.max():.2f} of its spread at most",
        "no drift",
    )
    row("  memory beyond features and model", f"{more / 1024:.0f} MB", "< 2 GB")
    if make.model is None:
        return
    change = face_change(clip, make.head)
    near = np.zeros(len(change), bool)
    loudness = torch.from_numpy(features.amplitude.copy())
    for window in plan_windows(clip.n_frames, make.settings.window, make.settings.overlap, loudness)[1:]:
        for at in (window.start, window.start + window.shared):
            near[max(0, at - 1) : at + 2] = True
    usual, elsewhere = np.quantile(change[~near], 0.99), np.flatnonzero(~near)
    chance = np.random.default_rng(0)
    drawn = [change[chance.choice(elsewhere, near.sum(), replace=False)].max() for _ in range(100)]
    row("  largest change at a seam over the 99th percentile", f"{change[near].max() / usual:.2f}", "≤ 1.2")
    row(f"  largest of {near.sum()} changes elsewhere over it (mean)", f"{np.mean(drawn) / usual:.2f}")


def face_change(clip: Clip, head: Head) -> np.ndarray:
    """Metres that the skin of the face moves from frame to frame, mean over its vertices."""
    face = head.regions["face"].long()
    points = torch.cat([v[:, face] for v in clip.vertex_chunks(head)])
    return (points[1:] - points[:-1]).norm(dim=-1).mean(1).numpy()


def start_peak() -> int:
    """kB in use now; `peak` counts from here on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def peak() -> int:
    """Most kB in use since `start_peak`."""
    return memory("VmHWM")


def memory(what: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


SPEED = """
import sys, time
import flametalk, torch, numba, scipy.signal, av
from flametalk import animate
from flametalk.film import render_clip
import flametalk.generate.model, flametalk.perform
begin = time.perf_counter()
clip = animate(sys.argv[1], generator=sys.argv[3])
made = time.perf_counter()
clip.render(sys.argv[2], size=512)
end = time.perf_counter()
s = clip.provenance["seconds"]
again = animate(sys.argv[1], generator=sys.argv[3]).provenance["seconds"]
motion = [x["features"] + x["generator"] for x in (s, again)]
print(clip.n_frames, end - begin, made - begin, *motion)
"""


def speed(make: Generator, sound: Audio) -> None:
    """In a process of its own, after its imports."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        reps = int(np.ceil(SPEED_SECONDS * sound.rate / len(sound.samples)))
        write_wav(Audio(np.tile(sound.samples, reps)[: round(SPEED_SECONDS * sound.rate)], sound.rate), wav)
        command = [sys.executable, "-c", SPEED, str(wav), str(Path(folder) / "talk.mp4"), make.name]
        out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    frames, whole, made, first, again = map(float, out.split()[-5:])
    row("features + sampling of 10 s, first in the process", f"{frames / first:.0f} frames/s")
    row("features + sampling of 10 s, again", f"{frames / again:.0f} frames/s", "≥ 250")
    row("speech file → 512×512 mp4 with sound, after import", f"{whole:.1f} s (motion {made:.1f} s)", "≤ 8 s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generator", default="builtin", help="builtin, performer or a checkpoint")
    parser.add_argument("--steps", type=int, help="solver steps; default: what the checkpoint recommends")
    parser.add_argument("--raw", action="store_true", help="without the rules of flametalk.mend")
    parser.add_argument("--corpus", type=Path, help="a corpus with a test split")
    parser.add_argument("--real", type=Path, help="a folder of real talking clips")
    parser.add_argument("--most", type=int, default=40, help="test performances; default: %(default)s")
    parser.add_argument(
        "--phones",
        choices=("heard", "text", "told"),
        default="heard",
        help="of the held-out voices: as heard, with the transcript (English), as spoken; default: heard",
    )
    parser.add_argument(
        "--clean", action="store_true", help="the held-out voices without noise, rooms and telephones"
    )
    parser.add_argument("--only", nargs="*", default=[], help="real synthetic wordless blinks long speed")
    options = parser.parse_args()
    make = Generator(options.generator, options.steps, not options.raw)

    def wanted(part: str) -> bool:
        return not options.only or part in options.only

    info = {} if make.model is None else make.model.info
    row("generator", f"{make.name} {info.get('steps', '')}".strip(), "target")
    if options.real and wanted("real"):
        real_clips(make, options.real)
    sounds = []
    if options.corpus:
        if wanted("synthetic"):
            synthetic(make, options.corpus, options.most, options.phones, options.clean)
        corpus = Corpus.open(options.corpus, "test")
        spoken = (corpus[k] for k in range(min(options.most, len(corpus))))
        sounds = [p.audio for p in spoken if p.audio is not None and not p.info.get("wordless")]
    if wanted("wordless"):
        without_words(make)
    if not sounds:
        from flametalk.reel.sentence import speak_sentence

        sounds = [speak_sentence()]
    if wanted("blinks"):
        blinking(make, sounds)
    if wanted("long"):
        long_speech(make, max(sounds, key=lambda s: s.duration))
    if wanted("speed"):
        speed(make, max(sounds, key=lambda s: s.duration))


if __name__ == "__main__":
    main()
