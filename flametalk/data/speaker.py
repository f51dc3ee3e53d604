"""espeak-ng in a process of its own: `python -m flametalk.data.speaker DIRECTORY_OF_DATA LIBRARY`.

Reads one JSON request a line, answers with one line of JSON (sizes), the samples (16 bit) and the events.
The library keeps state from one utterance to the next, so that the same text comes out differently the second
time: every utterance is spoken by a fresh child that is forked from the loaded, never used library. It is
used in its synchronous mode, because the others hand the sound over from threads that can deadlock.
Nothing of flametalk is imported here, so that the process stays small and has one thread.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any, BinaryIO

SYNCHRONOUS, PHONEME_EVENTS, IPA = 2, 1, 2
LIST_TERMINATED, PHONEME = 0, 7  # kinds of events
UTF8 = 1
PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "spread": 4}  # espeak's numbers
SEED = 1
PATIENCE = 30  # seconds after which a child is given up


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


def speak(library: Any, request: dict[str, Any]) -> tuple[bytes, list[tuple[int, str]]]:
    """Samples, and (sample, IPA) of every phoneme; a phoneme without IPA is a pause or the end."""
    samples, events = bytearray(), []

    @_Callback
    def heard(block, count, event):
        if block and count > 0:
            samples.extend(ctypes.string_at(block, 2 * count))
        k = 0
        while event[k].type != LIST_TERMINATED:
            if event[k].type == PHONEME:
                raw = ctypes.string_at(ctypes.addressof(event[k].id), 8).split(b"\0")[0]
                events.append((event[k].sample, raw.decode("utf-8", "ignore")))
            k += 1
        return 0

    library.espeak_ng_SetRandSeed(ctypes.c_long(SEED))  # breath is noise, by default seeded by the clock
    library.espeak_SetSynthCallback(heard)
    if library.espeak_SetVoiceByName(request["voice"].encode()) != 0:
        raise ValueError(f"espeak-ng has no voice '{request['voice']}'")
    for name, number in PARAMETERS.items():
        library.espeak_SetParameter(number, int(request[name]), 0)
    text = request["text"].encode() + b"\0"
    if library.espeak_Synth(text, len(text), 0, 0, 0, UTF8, None, None) != 0:
        raise ValueError("espeak-ng cannot speak this")
    return bytes(samples), events


def main(data: str, path: str) -> None:
    library = ctypes.CDLL(path)
    hertz = library.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), PHONEME_EVENTS | IPA)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent closes our input when it stops
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE)
            os._exit(_answer(library, hertz, json.loads(line), sys.stdout.buffer))
        _, status = os.waitpid(child, 0)
        if status != 0:
            _send({"error": f"espeak-ng failed (status {status})"}, b"", sys.stdout.buffer)


def _answer(library: Any, hertz: int, request: dict[str, Any], out: BinaryIO) -> int:
    try:
        samples, events = speak(library, request)
    except ValueError as error:
        _send({"error": str(error)}, b"", out)
        return 0
    _send({"hertz": hertz, "bytes": len(samples), "events": events}, samples, out)
    return 0


def _send(head: dict[str, Any], samples: bytes, out: BinaryIO) -> None:
    out.write(json.dumps(head).encode() + b"\n" + samples)
    out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
