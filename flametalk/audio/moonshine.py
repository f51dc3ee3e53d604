"""The encoder of Moonshine tiny, a speech recogniser that has heard very many people: sound to hidden rows.

Its file comes inside the wheel of `moonshine-voice` (MIT). Only that file is used, through onnxruntime, so
nothing is downloaded and no code of that package runs.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32

from ..conventions import SAMPLE_RATE

PACKAGE, FILE = "moonshine_voice", Path("assets") / "tiny-en" / "encoder_model.ort"
WIDTH = 288  # of a hidden row
STRIDE, CENTRE = 384, 447  # samples from row to row; the middle of what the first row's convolutions see
SHORTEST = SAMPLE_RATE // 10  # samples: shorter sound is filled up with silence


@dataclass(frozen=True, eq=False)
class Moonshine:
    """The encoder, ready to run."""

    session: Any  # onnxruntime.InferenceSession

    def encode(self, samples: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "rows 288"]:
        """Row k belongs to the sample `CENTRE` + k · `STRIDE`; cost grows with the square of the length."""
        heard = np.pad(samples, (0, max(0, SHORTEST - len(samples)))).astype(np.float32)[None]
        given = {"input_values": heard, "attention_mask": np.ones(heard.shape, np.int64)}
        return self.session.run(["last_hidden_state"], given)[0][0]


def model_file() -> Path | None:
    """The encoder's file inside the installed package; None where it, or onnxruntime, is not installed."""
    if find_spec("onnxruntime") is None:
        return None
    spec = find_spec(PACKAGE)
    places = (Path(place) / FILE for place in (spec.submodule_search_locations or [])) if spec else ()
    return next((file for file in places if file.is_file()), None)


@lru_cache(maxsize=1)
def load_moonshine(file: Path) -> Moonshine:
    """The encoder in `file`, loaded once."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()  # one, in the workers of a corpus
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads rest
    return Moonshine(onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"]))
