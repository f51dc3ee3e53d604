"""Everything that drives the face, computed once per clip and aligned to its frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from ..conventions import FPS, SAMPLE_RATE
from ..errors import InputError, UnknownNameError
from ..files import PathLike
from .aperture import mouth_aperture
from .cepstra import HOP_RATE
from .decode import load_audio
from .envelope import envelope, envelope_frames
from .listen import EARS, listen
from .mood import FEATURES, mood_of
from .prosody import measure_prosody
from .resample import resample
from .signal import Audio
from .timing import count_frames, frame_means

PHONES = "phone posteriors (42)"


@dataclass(frozen=True, eq=False)
class AudioFeatures:
    """Speech as seen by the generator; row k belongs to samples 640 k … 640 (k + 1) at 25 frames a second."""

    fps: float
    linguistic: Float32[np.ndarray, "frames d_linguistic"]  # what is said
    amplitude: Float32[np.ndarray, "frames"]  # mean of the envelope over the frame
    envelope: Float32[np.ndarray, "frames 640"]  # the envelope during the frame
    emotion: Float32[np.ndarray, "frames d_emotion"]  # how it is said
    emotion_scores: Mapping[str, float]  # of the whole clip: name → part, summing to 1
    aperture: Float32[np.ndarray, "frames"]  # the hand-made mouth opening, 0 … 1: a baseline
    provenance: Mapping[str, str]  # what ran, on what, and how many numbers it gives

    def __post_init__(self) -> None:
        for name in ("linguistic", "amplitude", "envelope", "emotion", "aperture"):
            array = np.asarray(getattr(self, name), dtype=np.float32)
            if len(array) != self.n_frames:
                raise InputError(f"{name} has {len(array)} frames, expected {self.n_frames} as in amplitude")
            if not np.isfinite(array).all():
                raise InputError(f"{name} has NaN or infinite numbers")
            array = array.view()
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def n_frames(self) -> int:
        """Video frames."""
        return len(self.amplitude)

    def __str__(self) -> str:
        ran = ", ".join(f"{part}: {what}" for part, what in self.provenance.items())
        return f"AudioFeatures({self.n_frames} frames at {self.fps:g} fps; {ran})"


def extract_features(
    source: Audio | PathLike,
    fps: float = FPS,
    linguistic: str = "auto",
    emotion: str = "auto",
    text: str | None = None,
) -> AudioFeatures:
    """Linguistic, amplitude and emotion features of a sound or of a file.

    `linguistic` is "wavlm:FOLDER" or posteriors of 42 phones by one of our ears: "ear" (needs
    `moonshine-voice`), "pocketsphinx" (less exact), or "auto", also called "builtin": the better one that is
    installed. `emotion` is "builtin" (rules on prosody; "auto" means the same) or "emotion2vec:FOLDER".
    `text`, the English transcript, sharpens the phones where it fits what is heard.
    """
    run_wavlm = _backend("linguistic", linguistic, "wavlm", EARS)
    run_emotion2vec = _backend("emotion", emotion, "emotion2vec", ("auto", "builtin"))
    audio = resample(source if isinstance(source, Audio) else load_audio(source), SAMPLE_RATE)
    samples = audio.samples
    if not len(samples):
        raise InputError("the audio has no samples")
    frames = count_frames(len(samples), SAMPLE_RATE, fps)
    provenance = {"amplitude": "|Hilbert| envelope"}

    hearing = listen(samples, "auto" if run_wavlm else linguistic)
    posteriors = hearing.posteriors
    provenance["ear"] = hearing.ear
    if text is not None:
        posteriors, provenance["text"] = hearing.after(text)
    aperture = frame_means(mouth_aperture(posteriors), HOP_RATE, fps, frames)
    provenance["aperture"] = "hand-made from the phones"

    if run_wavlm:
        from .encoders import RATE
        from .wavlm import load_wavlm

        wavlm = load_wavlm(run_wavlm)
        language = frame_means(wavlm.features(samples), RATE, fps, frames)
        provenance["linguistic"] = f"WavLM ({wavlm.width}, {wavlm.folder.name})"
    else:
        language = frame_means(posteriors, HOP_RATE, fps, frames)
        provenance["linguistic"] = PHONES

    if run_emotion2vec:
        from .emotion2vec import load_emotion2vec
        from .encoders import RATE

        encoder = load_emotion2vec(run_emotion2vec)
        vectors = encoder.features(samples)
        feeling, scores = frame_means(vectors, RATE, fps, frames), encoder.scores(vectors)
        provenance["emotion"] = f"emotion2vec ({encoder.width}, {encoder.folder.name})"
    else:
        mood = mood_of(measure_prosody(samples, posteriors), fps, frames)
        feeling, scores = mood.features, mood.scores
        provenance["emotion"] = f"rules on prosody ({len(FEATURES)})"

    loudness = envelope(samples)
    return AudioFeatures(
        fps=float(fps),
        linguistic=language,
        amplitude=frame_means(np.append(loudness, np.float32(0)), SAMPLE_RATE, fps, frames),
        envelope=envelope_frames(loudness, fps, frames),
        emotion=feeling,
        emotion_scores=scores,
        aperture=aperture,
        provenance=provenance,
    )


def _backend(kind: str, choice: str, external: str, own: tuple[str, ...]) -> Path | None:
    """The folder of the external model, or None for what is built in."""
    name, colon, folder = choice.partition(":")
    if choice in own:
        return None
    if name != external:
        raise UnknownNameError(f"{kind} features", choice, [*own, f"{external}:FOLDER"])
    if not colon or not folder:
        raise InputError(f"{kind} features '{choice}' name no folder; write {external}:FOLDER")
    return Path(folder)
