"""Everything of one pair of clips: a value for each column, and curves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..audio.signal import Audio
from ..clip import Clip
from ..conventions import MILLIMETRES
from ..head import Head
from ..metrics.audio_beats import audio_beats
from ..metrics.beats import VARIANCES, beat_alignment
from ..metrics.blinks import blinks_of, eye_opening
from ..metrics.closures import closure_spans, recall_of
from ..metrics.distance import lve_of, mve_of
from ..metrics.dynamics import SCALES
from ..metrics.identity import shape_spread
from ..metrics.keypoints import exp_of, glo_of
from ..metrics.motion import diversity, pose_variance
from ..metrics.synchrony import SHORTEST, correlate, loudness_of
from .trace import Masks, PairErrors, Trace, trace_pair

NAN = float("nan")
WITH_SOUND = ("r_audio", "lag_audio", *(f"ba{v:g}" for v in VARIANCES))


@dataclass(frozen=True, eq=False)
class Measured:
    """One clip of one method: a value for each column, curves, and the mean error of each vertex."""

    name: str
    values: dict[str, float]
    truth: dict[str, float]  # columns that the truth has by itself
    fps: float
    curves: dict[str, np.ndarray] = field(default_factory=dict)
    vertices: np.ndarray = field(default_factory=lambda: np.zeros(0))  # millimetres, face space


@dataclass(frozen=True, eq=False)
class Sound:
    """What is heard, worked out once for a pair."""

    loudness: np.ndarray
    beats: np.ndarray

    @staticmethod
    def of(audio: Audio | None, clip: Clip) -> "Sound | None":
        if audio is None or clip.n_frames < SHORTEST:
            return None
        return Sound(loudness_of(audio, clip.fps, clip.n_frames), audio_beats(audio))


def measure_pair(name: str, truth: Clip, samples: Sequence[Clip], head: Head, masks: Masks) -> Measured:
    """Values are means over the samples; curves are those of the first."""
    sound = Sound.of(truth.audio or next((s.audio for s in samples if s.audio), None), truth)
    rows: list[dict[str, float]] = []
    first: tuple[dict[str, np.ndarray], dict[str, float], np.ndarray] | None = None
    for sample in samples:
        ours, theirs, errors, vertices = trace_pair(sample, truth, head, masks)
        values, goal = _alone(sample, ours, sound), _alone(truth, theirs, sound)
        rows.append(values | _against(ours, theirs, errors, truth.fps))
        if first is None:
            curves = _curves("prediction", sample, ours) | _curves("truth", truth, theirs) | _errors(errors)
            first = curves, goal | {"fdd_signed": 0.0}, vertices
    assert first is not None
    values = {key: mean([row[key] for row in rows]) for key in rows[0]}
    if len(samples) > 1:
        values["diversity"] = float(diversity(samples, head))
    return Measured(name, values, first[1], truth.fps, first[0], first[2])


def mean(values: Sequence[float]) -> float:
    """Of those that are numbers; NaN where none is."""
    numbers = [value for value in values if not np.isnan(value)]
    return float(np.mean(numbers)) if numbers else NAN


def _curves(whose: str, clip: Clip, trace: Trace) -> dict[str, np.ndarray]:
    return {
        f"aperture {whose}": trace.aperture,
        f"jaw {whose}": np.degrees(clip.jaw[:, 0]),
        f"yaw {whose}": np.degrees(clip.head[:, 1]),
        f"pitch {whose}": np.degrees(clip.head[:, 0]),
    }


def _errors(errors: PairErrors) -> dict[str, np.ndarray]:
    return {
        "lip error": np.sqrt(errors.face.frames["lips"].max_sq) * MILLIMETRES,
        "face error": errors.face.frames["face"].mean_l2 * MILLIMETRES,
        "upper face error": errors.face.frames["upper_face"].mean_l2 * MILLIMETRES,
    }


def _alone(clip: Clip, trace: Trace, sound: Sound | None) -> dict[str, float]:
    """What a clip has by itself, its partner aside."""
    lids = blinks_of(eye_opening(trace.face), clip.fps)
    values = {
        "jerk_lips": trace.jerk,
        "pose_variance": float(pose_variance(clip)),
        "glo": glo_of(trace.world),
        "exp": exp_of(trace.face),
        "blinks": float(lids.rate),
        "blink_length": float(lids.mean_length),
        "shape_spread": float(shape_spread(clip)),
    }
    if sound is None:
        return values | dict.fromkeys(WITH_SOUND, NAN)
    together = correlate(trace.aperture, sound.loudness, clip.fps)
    values |= {"r_audio": float(together.r), "lag_audio": float(together.lag)}
    return values | {f"ba{v:g}": float(beat_alignment(clip, sound.beats, v)) for v in VARIANCES}


def _against(ours: Trace, theirs: Trace, errors: PairErrors, fps: float) -> dict[str, float]:
    """What compares a prediction with its truth."""
    world, face, bare = errors.world.frames, errors.face.frames, errors.canonical.frames
    stiff = {variant: theirs.lively[variant] - ours.lively[variant] for variant in ours.lively}
    values = {
        "mve": mve_of(world["all"], "mean_l2"),
        "mve_face": mve_of(face["face"], "mean_l2"),
        "lve": lve_of(face["lips"], "max_sq"),
        "lve_l2": lve_of(face["lips"], "max_l2"),
        "lve_rms": lve_of(bare["lips"], "rms_mm"),
        "lve_world": lve_of(world["lips"], "max_sq"),
        "mhd": mve_of(bare["all"], "rms_mm"),
        "ufve": mve_of(face["upper_face"], "mean_l2"),
        "fdd": abs(stiff["signed"]) * SCALES["absolute"],
        "fdd_signed": stiff["signed"] * SCALES["signed"],
        "ufdd_artalk": abs(stiff["artalk"]) * SCALES["artalk"],
        "f_lmd": np.linalg.norm(ours.world - theirs.world, axis=-1).mean() * MILLIMETRES,
        "closures": recall_of(ours.gaps, closure_spans(theirs.gaps, fps), fps),
        "r_truth": _r(ours.aperture, theirs.aperture),
        "dglo": abs(glo_of(ours.world) - glo_of(theirs.world)),
        "dexp": abs(exp_of(ours.face) - exp_of(theirs.face)),
    }
    return {key: float(value) for key, value in values.items()}


def _r(ours: np.ndarray, theirs: np.ndarray) -> float:
    if min(ours.std(), theirs.std()) < 1e-9:
        return NAN
    return float(np.corrcoef(ours, theirs)[0, 1])
