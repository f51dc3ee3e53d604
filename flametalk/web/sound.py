"""Sound for a page: FLAC, which every browser plays, without loss and without a delay at its start."""

from io import BytesIO

import numpy as np

from ..audio.signal import Audio


def flac(audio: Audio) -> bytes:
    """16 bits, mono."""
    import av

    samples = np.rint(np.clip(audio.samples, -1, 1) * 32767).astype(np.int16)
    buffer = BytesIO()
    with av.open(buffer, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=audio.rate, layout="mono", format="s16")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.rate = audio.rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return buffer.getvalue()
