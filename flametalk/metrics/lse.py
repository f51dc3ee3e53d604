"""LSE-D and LSE-C: how close SyncNet finds lips and sound, and how sure it is of their offset."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from ..audio.resample import resample
from ..audio.signal import Audio
from ..conventions import FPS
from ..errors import InputError, UnknownNameError
from .score import Score
from .syncnet import COLUMNS, FRAMES, SIDE, SyncNetModel
from .syncnet_sound import RATE, mfcc

SHIFTS = 15  # frames on either side
BATCH = 20
SAMPLES = 640  # of sound a frame at 25 a second
COLUMNS_A_FRAME = 4
LSE_D_VARIANTS = {
    "min": "smallest over shifts of the mean distance over time (Wav2Lip, the field)",
    "mean": "mean over all shifts too: what 3DXTalker's code logged",
}


@dataclass(frozen=True, eq=False)
class LipSync:
    """Distances of lips to sound, mean over time, for shifts −15 … 15."""

    distances: Float[np.ndarray, "shifts"]
    frames: int  # windows they are a mean of
    source: str  # the weights

    def lse_d(self, variant: str = "min") -> Score:
        """Lower is better. SyncNet's demonstration video has 5.4."""
        if variant not in LSE_D_VARIANTS:
            raise UnknownNameError("variant of LSE-D", variant, LSE_D_VARIANTS)
        value = self.distances.min() if variant == "min" else self.distances.mean()
        return Score(float(value), "LSE-D", "", f"{variant}; {self._how}")

    @property
    def lse_c(self) -> Score:
        """Confidence: median minus smallest. Higher is better; the demonstration video has 10."""
        return Score(float(np.median(self.distances) - self.distances.min()), "LSE-C", "", self._how)

    @property
    def offset(self) -> int:
        """Frames by which the sound is ahead of the lips, as SyncNet's script prints it."""
        return len(self.distances) // 2 - int(self.distances.argmin())

    @property
    def _how(self) -> str:
        return f"{self.source}; ±{len(self.distances) // 2} frames, {self.frames} windows"


def lip_sync(
    pictures: UInt8[np.ndarray, "t h w 3"],
    sound: Audio,
    model: SyncNetModel,
    fps: float = FPS,
    shifts: int = SHIFTS,
) -> LipSync:
    """Pictures are face crops in RGB at 25 frames a second (SyncNet's crop: the face box and 40 % around it,
    its middle moved down); sound of any rate."""
    if fps != FPS:
        raise InputError(f"the pictures run at {fps:g} frames a second, SyncNet expects {FPS:g}")
    if shifts < 1:
        raise InputError(f"shifts is {shifts}, expected 1 at least; scores in papers use {SHIFTS}")
    samples = np.clip(np.rint(resample(sound, RATE).samples * 32768.0), -32768, 32767).astype(np.int16)
    count = min(len(pictures), len(samples) // SAMPLES) - FRAMES
    if count < 1:
        raise InputError(
            f"{len(pictures)} pictures with {len(samples) / RATE:.2f} s of sound are too short for SyncNet: "
            f"more than {FRAMES} frames of both are needed"
        )
    cepstra = torch.from_numpy(mfcc(samples).T.astype(np.float32))
    device = next(model.network.parameters()).device
    lips, heard = [], []
    with torch.inference_mode():
        for first in range(0, count, BATCH):
            windows = range(first, min(first + BATCH, count))
            seen = crops(pictures[windows[0] : windows[-1] + FRAMES])
            lips.append(
                model.network.lips(
                    torch.stack([seen[:, k - first : k - first + FRAMES] for k in windows]).to(device)
                ).cpu()
            )
            starts = [COLUMNS_A_FRAME * k for k in windows]
            columns = torch.stack([cepstra[None, :, s : s + COLUMNS] for s in starts])
            heard.append(model.network.sound(columns.to(device)).cpu())
    distances = shift_distances(torch.cat(lips), torch.cat(heard), shifts)
    return LipSync(distances.mean(0).numpy(), count, model.source)


def crops(pictures: UInt8[np.ndarray, "t h w 3"]) -> Float[Tensor, "3 t 224 224"]:
    """As OpenCV gives them: blue, green, red, 0 to 255, 224 pixels a side."""
    channels = torch.from_numpy(np.ascontiguousarray(pictures[..., ::-1])).permute(0, 3, 1, 2).float()
    if channels.shape[-2:] != (SIDE, SIDE):
        channels = torch.nn.functional.interpolate(channels, (SIDE, SIDE), mode="bilinear")
    return channels.transpose(0, 1)


def shift_distances(
    lips: Float[Tensor, "t d"], sound: Float[Tensor, "t d"], shifts: int = SHIFTS
) -> Float[Tensor, "t shifts"]:
    """Distance of each window's lips to the sound around it; beyond the ends the sound counts as zeros, as in
    SyncNet's script (short clips suffer from it)."""
    padded = torch.nn.functional.pad(sound, (0, 0, shifts, shifts))
    around = padded.unfold(0, 2 * shifts + 1, 1)  # t d shifts
    return (lips[:, :, None] - around + 1e-6).norm(dim=1)
