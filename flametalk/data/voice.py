"""Synthetic voices (espeak-ng, extra `corpus`) that say exactly when they say what."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from ..audio.resample import resample
from ..audio.signal import Audio
from ..conventions import SAMPLE_RATE
from ..errors import FlametalkError, InputError
from ..extras import require
from .ipa import phones_of

Interval = tuple[str, float, float]  # phone, start, end in seconds; what lies between is silence

# A voiceless stop is reported when it bursts; the lips or the tongue closed in the quiet before.
BURSTS = frozenset(["P", "T", "K", "CH"])
BLOCK = 0.0025  # seconds in which quiet is looked for
QUIET = 0.06  # of the loud parts: a closure
SILENT = 0.012  # of the loud parts: nobody speaks
LONGEST_CLOSURE, SHORTEST_CLOSURE = 0.09, 0.01  # seconds
BURST = 0.012  # seconds of the phone that are the burst itself; breath follows
STRESS = "ˈ"
ON_THE_VOWEL = 0.05  # seconds from its start to where a stressed vowel is at its height
BREATH = 0.06  # seconds of breath where silence follows


@dataclass(frozen=True)
class Voice:
    """How espeak-ng speaks: language and variant as in "en-us+f2", words a minute, pitch and its spread."""

    name: str = "en-us"
    rate: int = 160
    pitch: int = 50  # 0 … 99, and so the spread
    spread: int = 50


@dataclass(frozen=True, eq=False)
class Utterance:
    """Clean speech at 16 kHz, its phones, and when its syllables are stressed."""

    audio: Audio
    phones: tuple[Interval, ...]
    stressed: tuple[float, ...] = ()

    def stretched(self, factor: float) -> "Utterance":
        """Played `factor` times as long: lower and slower, with the vocal tract of a larger person."""
        rate = round(SAMPLE_RATE / factor)
        slow = resample(Audio(self.audio.samples, rate), SAMPLE_RATE)
        exact = SAMPLE_RATE / rate
        phones = tuple((name, exact * start, exact * end) for name, start, end in self.phones)
        return Utterance(slow, phones, tuple(exact * time for time in self.stressed))


class Speaker:
    """espeak-ng in a process of its own. The same voice and text sound the same, whatever was said before."""

    def __init__(self, process: subprocess.Popen[bytes]):
        self._process = process

    def say(self, text: str, voice: Voice) -> Utterance:
        request = asdict(voice) | {"voice": voice.name, "volume": 100, "text": text.replace("\n", " ")}
        head, samples = self._ask(request)
        if "error" in head:
            raise InputError(f"'{text[:40]}' cannot be spoken: {head['error']}")
        raw = np.frombuffer(samples, "<i2").astype(np.float32) / np.float32(32768.0)
        if not len(raw):
            raise InputError(f"'{text[:40]}' has nothing that can be spoken")
        hertz = int(head["hertz"])
        events = [(sample / hertz, str(ipa)) for sample, ipa in head["events"]]
        stressed = tuple(time + ON_THE_VOWEL for time, ipa in events if STRESS in ipa)
        audio = resample(Audio(raw, hertz), SAMPLE_RATE)
        return Utterance(audio, tuple(_intervals(events, raw, hertz)), stressed)

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            raise FlametalkError("the process that speaks (espeak-ng) has ended; start again")
        head = json.loads(line)
        return head, stdout.read(int(head.get("bytes", 0)))


@contextmanager
def open_speaker() -> Iterator[Speaker]:
    """A speaker for the time of the block."""
    espeak = require("espeakng_loader", "corpus", "speaking text")
    script = Path(__file__).with_name("speaker.py")
    command = [sys.executable, "-I", str(script), espeak.get_data_path(), espeak.get_library_path()]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Speaker(process)
    finally:
        process.kill()
        process.communicate()


def _intervals(
    events: list[tuple[float, str]], samples: Float32[np.ndarray, "n"], hertz: int
) -> list[Interval]:
    """Phones from events: each lasts until the next; closures reach back into the quiet before them."""
    level = _levels(samples, hertz)
    spoken: list[Interval] = []
    for (start, ipa), end in zip(events, [t for t, _ in events[1:]] + [len(samples) / hertz], strict=True):
        names = phones_of(ipa)
        if not names:
            if spoken and ipa:  # heard but not seen, as a glottal stop
                spoken[-1] = (*spoken[-1][:2], end)
            continue
        if end <= start:
            continue
        if names[0] in BURSTS:
            before = max((spoken[-1][1] + 0.02) if spoken else 0.0, start - LONGEST_CLOSURE)
            closes = _quiet_since(level, start, before)
            if start - closes >= SHORTEST_CLOSURE:
                if spoken:
                    spoken[-1] = (*spoken[-1][:2], min(spoken[-1][2], closes))
                spoken.append((names[0], closes, min(end, start + BURST)))
                start, names = min(end, start + BURST), names[1:] or ("HH",)
                if start >= end:
                    continue
        width = (end - start) / len(names)
        spoken += [(name, start + k * width, start + (k + 1) * width) for k, name in enumerate(names)]
    return [_trimmed(interval, level) for interval in _breathed(spoken)]


def _breathed(spoken: list[Interval]) -> list[Interval]:
    """The breath of a stop belongs to the phone that follows, or fades where nothing does."""
    result: list[Interval] = []
    for k, (name, start, end) in enumerate(spoken):
        after_burst = name == "HH" and k > 0 and spoken[k - 1][0] in BURSTS and spoken[k - 1][2] == start
        follows = k + 1 < len(spoken) and spoken[k + 1][1] - end < 1e-6
        if after_burst and follows and spoken[k + 1][0] != "HH":
            following = spoken[k + 1]
            spoken[k + 1] = (following[0], start, following[2])
        elif after_burst:
            result.append((name, start, min(end, start + BREATH)))
        else:
            result.append((name, start, end))
    return result


def _trimmed(interval: Interval, level: np.ndarray) -> Interval:
    """Not every pause is reported: a phone ends where the voice does."""
    name, start, end = interval
    stops = _quiet_since(level, end, start + SHORTEST_CLOSURE, SILENT)
    return (name, start, stops) if end - stops > LONGEST_CLOSURE else interval


def _levels(samples: np.ndarray, hertz: int) -> np.ndarray:
    """Root mean square of each block, as a part of that of the loud blocks."""
    size = max(1, round(BLOCK * hertz))
    blocks = np.sqrt((samples[: len(samples) // size * size].reshape(-1, size) ** 2).mean(1))
    return blocks / max(float(np.percentile(blocks, 95)), 1e-6) if len(blocks) else np.zeros(1)


def _quiet_since(level: np.ndarray, time: float, earliest: float, quiet: float = QUIET) -> float:
    """When the quiet before `time` began."""
    block = min(int(time / BLOCK), len(level)) - 1  # the last one that is wholly before
    while block >= 0 and block * BLOCK >= earliest and level[block] < quiet:
        block -= 1
    return max(earliest, (block + 1) * BLOCK)
