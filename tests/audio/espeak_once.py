"""Speak a text with espeak-ng: `python espeak_once.py TEXT VOICE RATE PITCH SPREAD` → hertz, 16-bit samples.

A process of its own for each utterance, because the library keeps state from one to the next, so that the
same text comes out differently the second time. Synchronous, because its other modes hand the sound over from
threads that can deadlock.
"""

import ctypes
import sys

import espeakng_loader

SYNCHRONOUS = 2
RATE, PITCH, SPREAD = 1, 3, 4  # espeak's parameter numbers


def main(text: str, voice: str, rate: str, pitch: str, spread: str) -> None:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    hertz = library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    sys.stdout.buffer.write(hertz.to_bytes(4, "little"))

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def write(samples, count, _events):
        if samples and count > 0:
            sys.stdout.buffer.write(ctypes.string_at(samples, 2 * count))
        return 0

    library.espeak_SetSynthCallback(write)
    library.espeak_SetVoiceByName(voice.encode())
    for parameter, value in ((RATE, rate), (PITCH, pitch), (SPREAD, spread)):
        library.espeak_SetParameter(parameter, int(value), 0)
    encoded = text.encode() + b"\0"
    library.espeak_Synth(encoded, len(encoded), 0, 0, 0, 1, None, None)


main(*sys.argv[1:])
