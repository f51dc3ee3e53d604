"""The second ear: spectra without their microphone, and how far it is believed."""

import numpy as np
import pytest
import torch
from audio_samples import RATE, noisy, say

from flametalk.audio import ear
from flametalk.audio.cepstra import FILTERS, HOP, HOP_RATE
from flametalk.audio.listen import listen
from flametalk.audio.phones import N_PHONES, PHONE_INDEX
from flametalk.audio.spectrum_ear import FLOOR, SPREAD, believe, evened, familiarity, log_spectrum
from flametalk.data.voice import Voice, open_speaker

pytestmark = pytest.mark.core


def certain(hops: int, phone: int) -> np.ndarray:
    """log P that is nearly 1 for `phone`."""
    scores = np.full((hops, N_PHONES), 1e-6)
    scores[:, phone] = 1.0
    return np.log(scores / scores.sum(1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def spectrum() -> np.ndarray:
    return log_spectrum(say("my mother bakes very fine bread"))


# --- spectra --------------------------------------------------------------------------------------------


def test_a_spectrum_has_a_row_for_every_hop() -> None:
    for samples in (1, HOP, HOP + 1, RATE):
        rows = log_spectrum(np.full(samples, 0.1, np.float32))
        assert rows.shape == (-(-samples // HOP), FILTERS) and np.isfinite(rows).all()


def test_level_and_microphone_do_not_matter(spectrum: np.ndarray) -> None:
    """A gain changes nothing at all; what filters take away, all at once, hardly anything."""
    np.testing.assert_allclose(evened(spectrum + np.float32(2.0)), evened(spectrum), atol=2e-3)
    curve = 0.5 * np.cos(np.linspace(0.0, np.pi, FILTERS)).astype(np.float32)
    apart = np.abs(evened(spectrum + curve) - evened(spectrum))
    assert np.median(apart) < 0.05 and np.median(apart) < 0.2 * np.abs(curve).mean() / SPREAD * 2.0


def test_the_loud_parts_have_no_mean_and_pauses_a_floor(spectrum: np.ndarray) -> None:
    even = evened(spectrum)
    level = np.log(np.exp(spectrum).mean(1))
    loud = level > np.percentile(level, 95.0) - 6.9
    np.testing.assert_allclose(even[loud].mean(0), 0.0, atol=1e-4)
    assert np.ptp(even) < 3.0 * FLOOR / SPREAD
    assert np.isfinite(evened(np.log(np.full((30, FILTERS), 1e-8, np.float32)))).all()


# --- belief ---------------------------------------------------------------------------------------------


def test_who_agrees_is_believed_who_does_not_is_not(spectrum: np.ndarray) -> None:
    first, same, other = (certain(len(spectrum), phone) for phone in (3, 3, 5))
    assert familiarity(first, same, spectrum) == 1.0 and familiarity(first, other, spectrum) == 0.0
    np.testing.assert_allclose(believe(first, other, spectrum), first, atol=1e-5)
    both = believe(first, same, spectrum)
    np.testing.assert_allclose(np.exp(both).sum(1), 1.0, atol=1e-5)
    assert (both[:, 3] > first[:, 3]).all()


def test_doubt_is_resolved_by_the_other_ear(spectrum: np.ndarray) -> None:
    """On a familiar voice the second breaks a tie of the first."""
    hops = len(spectrum)
    first, second = certain(hops, 3), certain(hops, 3)
    v, m = PHONE_INDEX["V"], PHONE_INDEX["M"]
    tie = np.full(N_PHONES, 1e-6)
    tie[[v, m]] = 0.5
    first[::8], second[::8] = np.log(tie / tie.sum()), certain(1, v)
    assert (believe(first, second, spectrum)[::8].argmax(1) == v).all()


def test_a_giant_is_strange() -> None:
    """Where no voice is like it, the first ear hears alone."""
    voice = say("my mother bakes very fine bread and every morning we have some of it")
    slow = np.interp(np.arange(0.0, len(voice), 0.6), np.arange(len(voice)), voice).astype(np.float32)
    for sound, familiar in ((voice, True), (slow, False)):
        rows, spectrum = ear._encoder().encode(sound), log_spectrum(sound)
        first, second = ear.networks()
        alone = listen_alone(first, rows, len(spectrum))
        with torch.inference_mode():
            said = second(torch.from_numpy(evened(spectrum))[None])[0].numpy()
        share = familiarity(alone, said, spectrum)
        assert share == 1.0 if familiar else share < 0.2
        together = ear.both_ears(first, second, rows, spectrum)
        np.testing.assert_allclose(together, believe(alone, said, spectrum), atol=1e-5)


def listen_alone(network: torch.nn.Module, rows: np.ndarray, hops: int) -> np.ndarray:
    before, part = ear.hops_between(len(rows), 0, hops)
    with torch.inference_mode():
        return network(*(torch.from_numpy(a)[None] for a in (rows, before, part)))[0].numpy()


@pytest.mark.parametrize("ratio", [None, 20.0])
def test_v_is_no_m(ratio: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice that was never learned from; v and f against p, b, m, with the second ear and without."""
    with open_speaker() as speaker:
        said = speaker.say(
            "every five vans have seven very heavy valves of value", Voice("en-us+f4", 165, 50, 50)
        )
    sound = said.audio.samples if ratio is None else noisy(said.audio.samples, ratio)
    bites = [PHONE_INDEX[name] for name in ("F", "V")]
    meets = [PHONE_INDEX[name] for name in ("P", "B", "M")]

    def right() -> float:
        heard = listen(sound, "ear").posteriors
        spans = [heard[round(a * HOP_RATE) : round(b * HOP_RATE)] for n, a, b in said.phones if n == "V"]
        return float(np.mean([s[:, bites].sum(1).max() > s[:, meets].sum(1).max() for s in spans]))

    together = right()
    monkeypatch.setattr(ear, "believe", lambda first, second, spectrum: first)
    alone = right()
    assert together >= 0.85 and together >= alone
