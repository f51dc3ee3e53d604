"""Features of sound that is still arriving: the same phones, envelope and mouth opening, a fixed time behind.

Frame k is given out once the sound has gone on for `DELAY` seconds after its end, whatever the size of the
pieces. What differs from the whole-clip features: the cepstral mean runs behind, phones look ahead 60 ms
instead of 1 s, and the mouth kernel 60 ms instead of 180 ms.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from ..conventions import FPS, SAMPLE_RATE, SAMPLES_PER_FRAME
from .acoustic import acoustic_model, log_likelihoods
from .aperture import CLOSED, CLOSING, DOMINANCE, OPENING, SHARING, kernel
from .cepstra import HOP, HOP_RATE, N_CEPSTRA, REACH, NoiseState, cepstra, dynamics, hiss, remove_noise
from .envelope import EnvelopeStream
from .phone_hmm import posteriors, scaled_likelihoods
from .phones import N_PHONES, N_STATES
from .phonetic import EDGE, QUIETEST, Ear, HeardSpeech, gate, hmm
from .timing import check_fps, count_frames, span_mean

STEP = 4  # hops decoded at a time
LOOK_AHEAD = 6  # hops that phones see of the future
KERNEL_AHEAD = 6  # hops that the mouth kernel sees of the future
DELAY = (STEP + EDGE + LOOK_AHEAD + KERNEL_AHEAD) / HOP_RATE + (REACH + HOP) / SAMPLE_RATE  # at most: 0.21 s
# The cepstral mean of speech at the beginning, and how it moves on.
FIRST_MEAN = (41.0, -5.29, -0.12, 5.09, 2.48, -4.07, -1.37, -1.78, -5.08, -2.05, -6.45, -1.42, 1.17)
FASTEST, SLOWEST = 50, 300  # hops over which it is taken, at first and later
SPEECH_C0 = 20.0  # first cepstrum from which a hop counts for it
FIRST_LOUD, FADING = -40.0, 0.02  # dB: the level of loud parts, and how much it falls a hop


@dataclass(frozen=True, eq=False)
class StreamedFrames:
    """Features of the video frames `first` … that became complete; as in `AudioFeatures`."""

    first: int
    linguistic: Float32[np.ndarray, "frames 42"]
    amplitude: Float32[np.ndarray, "frames"]
    envelope: Float32[np.ndarray, "frames 640"]
    aperture: Float32[np.ndarray, "frames"]

    @property
    def n_frames(self) -> int:
        """How many frames these are, possibly none."""
        return len(self.amplitude)


class FeatureStream:
    """Feed it 16 kHz sound in pieces of any size; memory stays bounded however long that goes on."""

    def __init__(self, fps: float = FPS):
        check_fps(fps)
        self.fps = float(fps)
        self._samples = 0
        self._frames = 0
        self._envelope_stream = EnvelopeStream()
        self._envelope = _Window(np.zeros(0, np.float32))
        self._phones = _PhoneStream()
        self._posteriors = _Window(np.zeros((0, N_PHONES), np.float32))
        self._apertures = _Window(np.zeros(0, np.float32))

    def hear(self, samples: Float32[np.ndarray, "_"], last: bool = False) -> StreamedFrames:
        """The frames that became complete; `last` completes all that remain (the stream is over then)."""
        self._samples += len(samples)
        self._envelope.extend(self._envelope_stream.hear(samples, last))
        self._posteriors.extend(self._phones.hear(samples, last))
        self._apertures.extend(self._open(last))
        ready = min(
            int((self._apertures.end + 1e-6) * self.fps / HOP_RATE),
            int((self._envelope.end - 1) * self.fps / SAMPLE_RATE),
        )
        if last:
            ready = count_frames(self._samples, SAMPLE_RATE, self.fps) if self._samples else 0
        frames = range(self._frames, max(ready, self._frames))
        result = StreamedFrames(
            self._frames,
            np.array([self._mean(self._posteriors, k, HOP_RATE) for k in frames], np.float32).reshape(
                -1, N_PHONES
            ),
            np.array([self._mean(self._envelope, k, SAMPLE_RATE) for k in frames], np.float32),
            np.array([self._during(k) for k in frames], np.float32).reshape(-1, SAMPLES_PER_FRAME),
            np.array([self._mean(self._apertures, k, HOP_RATE) for k in frames], np.float32),
        )
        self._frames = frames.stop
        self._posteriors.forget(int(self._frames / self.fps * HOP_RATE) - _PAST)
        self._apertures.forget(int(self._frames / self.fps * HOP_RATE) - 1)
        self._envelope.forget(int(self._frames / self.fps * SAMPLE_RATE) - 1)
        return result

    def _mean(self, window: "_Window", frame: int, rate: float) -> np.ndarray:
        begin, end = (k * rate / self.fps - window.begin for k in (frame, frame + 1))
        return span_mean(window.values, begin, end)

    def _during(self, frame: int) -> np.ndarray:
        span = SAMPLE_RATE / self.fps
        inside = (np.arange(SAMPLES_PER_FRAME) + 0.5) * (span / SAMPLES_PER_FRAME) - 0.5
        at = np.arange(len(self._envelope.values))
        return np.interp(inside + frame * span - self._envelope.begin, at, self._envelope.values, right=0.0)

    def _open(self, last: bool) -> np.ndarray:
        """Apertures of the hops whose kernel is complete."""
        first, known = self._apertures.end, self._posteriors
        end = known.end if last else known.end - KERNEL_AHEAD
        if end <= first:
            return np.zeros(0, np.float32)
        seen = known.values[max(0, first - _PAST - known.begin) :]
        before = first - max(known.begin, first - _PAST)
        padded = np.concatenate(
            [np.repeat(seen[:1], _PAST - before, 0), seen, np.repeat(seen[-1:], _PAST, 0)]
        )
        demands = np.stack([padded @ (DOMINANCE * OPENING), padded @ DOMINANCE, padded @ CLOSED], axis=1)
        share, touch = _one_sided(SHARING), _one_sided(CLOSING)
        opened = []
        for t in range(_PAST, _PAST + end - first):
            near = demands[t - _PAST : t + _PAST + 1]
            wish, weight, _ = share @ near
            opened.append(wish / max(weight, 1e-6) * (1.0 - min(1.0, touch @ near[:, 2])))
        return np.array(opened, np.float32)


_PAST = len(kernel(SHARING)) // 2


def _one_sided(sigma: float) -> np.ndarray:
    """The kernel over ±_PAST hops, cut off after `KERNEL_AHEAD` hops ahead."""
    own = kernel(sigma)
    weights = np.zeros(2 * _PAST + 1)
    weights[_PAST - len(own) // 2 : _PAST + len(own) // 2 + 1] = own
    weights[_PAST + KERNEL_AHEAD + 1 :] = 0.0
    return weights / weights.sum()


@dataclass
class _Window:
    """The recent part of a growing sequence."""

    values: np.ndarray
    begin: int = 0

    @property
    def end(self) -> int:
        return self.begin + len(self.values)

    def extend(self, more: np.ndarray) -> None:
        self.values = np.concatenate([self.values, more])

    def forget(self, before: int) -> None:
        drop = min(max(0, before - self.begin), len(self.values))
        self.values, self.begin = self.values[drop:], self.begin + drop


class _PhoneStream:
    """Sound → posteriors of the hops whose look-ahead is complete."""

    def __init__(self) -> None:
        self.ear = Ear()
        self.noise: NoiseState | None = None
        self.mean = np.array(FIRST_MEAN)
        self.counted = 0
        self.loud = FIRST_LOUD
        self.cepstra = np.zeros((0, N_CEPSTRA))  # from EDGE hops before the next likelihood
        self.levels = np.zeros((0, 2))  # of each hop and of the loud parts so far, from the next posterior
        self.likelihoods = np.zeros((0, N_PHONES, N_STATES), np.float32)  # from the next posterior
        self.past: Float32[np.ndarray, "42 42 3"] | None = None

    def hear(self, samples: Float32[np.ndarray, "_"], last: bool) -> Float32[np.ndarray, "hops 42"]:
        heard = self.ear.hear(samples, last)
        normal, loud = self._normalise(heard)
        if not len(self.cepstra) and len(normal):
            self.cepstra = np.repeat(normal[:1], EDGE, axis=0)
        self.cepstra = np.concatenate([self.cepstra, normal])
        if last and len(self.cepstra):
            self.cepstra = np.concatenate([self.cepstra, np.repeat(self.cepstra[-1:], EDGE, axis=0)])
        self.levels = np.concatenate([self.levels, np.stack([heard.level, loud], axis=1)])
        if len(self.cepstra) > 2 * EDGE:
            fresh = log_likelihoods(acoustic_model(), dynamics(self.cepstra))
            self.likelihoods = np.concatenate([self.likelihoods, fresh])
            self.cepstra = self.cepstra[len(self.cepstra) - 2 * EDGE :]
        parts = [np.zeros((0, N_PHONES), np.float32)]
        while len(self.likelihoods) >= STEP + LOOK_AHEAD or (last and len(self.likelihoods)):
            parts.append(self._decode())
        return np.concatenate(parts)

    def _decode(self) -> Float32[np.ndarray, "hops 42"]:
        """Posteriors of the next `STEP` hops."""
        seen = scaled_likelihoods(self.likelihoods[: STEP + LOOK_AHEAD])
        found, self.past = posteriors(hmm(), seen, self.past, min(STEP, len(seen)))
        level, loud = self.levels[: len(found)].T
        self.likelihoods, self.levels = self.likelihoods[len(found) :], self.levels[len(found) :]
        return gate(found, level, loud)

    def _normalise(
        self, heard: HeardSpeech
    ) -> tuple[Float64[np.ndarray, "hops 13"], Float64[np.ndarray, "hops"]]:
        """Cepstra without their mean so far, and the level of the loud parts so far."""
        normal, loud = np.empty((len(heard.level), N_CEPSTRA)), np.empty_like(heard.level)
        for t, level in enumerate(heard.level):
            loud[t] = self.loud = max(level, self.loud - FADING, QUIETEST)
            mel = (heard.mel[t] + hiss(self.loud))[None]
            self.noise = self.noise or NoiseState.first(mel)
            vector = cepstra(remove_noise(mel, self.noise))[0]
            normal[t] = vector - self.mean
            if vector[0] > SPEECH_C0 and level > QUIETEST:
                self.counted += 1
                self.mean += (vector - self.mean) / min(SLOWEST, FASTEST + self.counted)
        return normal, loud
