"""`Audio`: samples and their rate, immutable."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from ..errors import InputError


@dataclass(frozen=True, eq=False)
class Audio:
    """Mono samples in −1…1 at `rate` samples a second."""

    samples: Float32[np.ndarray, "n"]
    rate: int

    def __post_init__(self) -> None:
        samples = np.array(self.samples, dtype=np.float32)
        if samples.ndim != 1:
            raise InputError(f"audio has shape {samples.shape}, expected mono samples of shape (n,)")
        if not np.isfinite(samples).all():
            raise InputError("audio has NaN or infinite samples")
        if not 1_000 <= self.rate <= 768_000:
            raise InputError(f"audio rate is {self.rate} Hz, expected 1,000 to 768,000")
        samples.flags.writeable = False
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "rate", int(self.rate))

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.rate

    def cut(self, start: float, end: float) -> "Audio":
        """The part from `start` to `end` seconds, filled with silence where there is no sound."""
        first, last = round(start * self.rate), round(end * self.rate)
        part = self.samples[max(first, 0) : max(last, 0)]
        before = max(0, min(0, last) - first) if first < 0 else 0
        after = max(0, (last - first) - before - len(part))
        return Audio(np.pad(part, (before, after)), self.rate)
