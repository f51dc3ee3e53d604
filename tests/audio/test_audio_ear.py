"""The ear: its places in time, its pieces, the phones it hears, and what happens without it."""

from itertools import pairwise

import numpy as np
import pytest
from audio_samples import RATE, SENTENCE, noisy, say

from flametalk.audio import ear
from flametalk.audio.cepstra import HOP, HOP_RATE
from flametalk.audio.ear_network import EarNetwork, hops_between
from flametalk.audio.features import extract_features
from flametalk.audio.listen import EARS, levels, listen
from flametalk.audio.moonshine import CENTRE, SHORTEST, STRIDE
from flametalk.audio.phones import N_PHONES, PHONE_INDEX, SILENCE
from flametalk.audio.signal import Audio
from flametalk.audio.spectrum_ear import SpectrumEar
from flametalk.data.voice import Voice, open_speaker
from flametalk.errors import AssetError, UnknownNameError

pytestmark = pytest.mark.core


@pytest.fixture
def no_moonshine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "model_file", lambda: None)


def spoken_order(posteriors: np.ndarray) -> list[int]:
    """The likeliest phones one after the other, without silence."""
    best = posteriors.argmax(1)
    changes = best[np.flatnonzero(np.diff(best, prepend=-1))]
    return [int(phone) for phone in changes if phone != SILENCE]


# --- time ------------------------------------------------------------------------------------------------


def test_hops_lie_between_the_rows_that_their_middle_lies_between() -> None:
    rows, hops = 50, 110
    before, part = hops_between(rows, 0, hops)
    time_of_rows = CENTRE + STRIDE * np.arange(rows)
    found = time_of_rows[before] * (1 - part) + time_of_rows[before + 1] * part
    middle = (np.arange(hops) + 0.5) * HOP
    inside = (middle >= time_of_rows[0]) & (middle <= time_of_rows[-1])
    np.testing.assert_allclose(found[inside], middle[inside], atol=0.01)
    assert (found[middle < time_of_rows[0]] == time_of_rows[0]).all()
    assert (found[middle > time_of_rows[-1]] == time_of_rows[-1]).all()


def test_what_is_heard_is_heard_when_it_is_said() -> None:
    """Against the synthesiser's own times, no shift fits better than none."""
    with open_speaker() as speaker:
        said = speaker.say(SENTENCE, Voice("en-us+f5", 170, 55, 50))
    posteriors = listen(said.audio.samples, "ear").posteriors
    told = np.full(len(posteriors), SILENCE)
    for name, start, end in said.phones:
        told[round(start * HOP_RATE) : round(end * HOP_RATE)] = PHONE_INDEX[name]
    fits = {
        shift: float(posteriors[np.arange(10, len(told) - 10) + shift, told[10:-10]].mean())
        for shift in range(-6, 7)
    }
    assert abs(max(fits, key=fits.__getitem__)) <= 1


@pytest.mark.parametrize("hops", [1, 799, 1600, 1601, 5000])
def test_pieces_cover_the_sound(hops: int) -> None:
    level = np.random.default_rng(hops).normal(-30.0, 5.0, hops)
    cuts = list(ear.pieces(level))
    assert cuts[0][0] == 0 and cuts[-1][1] == hops
    assert all(a[1] == b[0] for a, b in pairwise(cuts))
    assert all(0 < last - first <= ear.LONGEST for first, last in cuts)
    assert all(last - first >= ear.SHORTEST for first, last in cuts[:-1])


def test_long_sound_is_cut_in_its_pauses() -> None:
    level = np.full(4000, -20.0)
    for pause in (1300, 2450, 3400):
        level[pause - 15 : pause + 15] = -70.0
    assert all(
        min(abs(last - pause) for pause in (1300, 2450, 3400)) <= 15
        for _, last in list(ear.pieces(level))[:-1]
    )


def test_level() -> None:
    samples = np.full(5 * HOP + 1, 0.1, np.float32)
    assert levels(samples)[:5] == pytest.approx(-20.0, abs=1e-3)
    assert len(levels(samples)) == 6 and levels(samples)[5] < -40.0
    assert np.isfinite(levels(np.zeros(HOP, np.float32))).all()


# --- what is heard ------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["clean", "noisy", "quiet"])
def test_the_phones_of_a_voice_it_did_not_learn_from(channel: str) -> None:
    """Measured clean: 0.85 of the hops; PocketSphinx 0.68."""
    with open_speaker() as speaker:
        said = speaker.say(SENTENCE, Voice("en-us+f5", 170, 55, 50))
    sound = said.audio.samples
    if channel == "noisy":
        sound = noisy(sound, 20.0)
    if channel == "quiet":
        sound = sound * np.float32(0.02)
    hearing = listen(sound, "ear")
    assert hearing.posteriors.shape == (len(levels(sound)), N_PHONES)
    np.testing.assert_allclose(hearing.posteriors.sum(1), 1.0, atol=1e-4)
    right = total = 0
    for name, start, end in said.phones:
        span = hearing.posteriors[round(start * HOP_RATE) : round(end * HOP_RATE)].argmax(1)
        right += int((span == PHONE_INDEX[name]).sum())
        total += len(span)
    assert right / total > 0.65


def test_a_sentence_in_order() -> None:
    heard = spoken_order(listen(say(SENTENCE)).posteriors)
    wanted = [PHONE_INDEX[name] for name in "W EH DH ER".split()]
    assert any(heard[k : k + 4] == wanted for k in range(8))


def test_pieces_hear_what_the_whole_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.concatenate([say("my mother bakes bread"), np.zeros(RATE // 2, np.float32), say("we go home")])
    whole = listen(sound).posteriors
    monkeypatch.setattr(ear, "LONGEST", 300)
    monkeypatch.setattr(ear, "SHORTEST", 150)
    assert len(list(ear.pieces(levels(sound)))) > 1
    parts = listen(sound).posteriors
    assert parts.shape == whole.shape
    assert (parts.argmax(1) == whole.argmax(1)).mean() > 0.85


def test_silence_is_silence() -> None:
    posteriors = listen(np.zeros(RATE, np.float32)).posteriors
    assert posteriors[:, SILENCE].min() > 0.999


@pytest.mark.parametrize("samples", [1, HOP, SHORTEST - 1, SHORTEST + 1])
def test_very_short_sound(samples: int) -> None:
    posteriors = listen(np.full(samples, 0.1, np.float32)).posteriors
    assert len(posteriors) == -(-samples // HOP) and np.isfinite(posteriors).all()


def test_the_same_sound_is_heard_the_same_way() -> None:
    sound = say(SENTENCE)
    np.testing.assert_array_equal(listen(sound).posteriors, listen(sound).posteriors)


def test_a_transcript_makes_it_surer() -> None:
    sound = noisy(say(SENTENCE), 5.0)
    hearing = listen(sound)
    after, note = hearing.after(SENTENCE)
    assert note.startswith("followed (11 words")
    assert after.max(1).mean() > hearing.posteriors.max(1).mean()
    np.testing.assert_allclose(after.sum(1), 1.0, atol=1e-4)
    with pytest.warns(UserWarning, match="does not fit"):
        unchanged, note = hearing.after("sixteen purple boxes of soap powder jump for joy")
    assert unchanged is hearing.posteriors and note.startswith("not used")


# --- which ear ----------------------------------------------------------------------------------------


def test_ears_are_named() -> None:
    sound = Audio(say("hello"), RATE)
    for choice in EARS:
        heard = extract_features(sound, linguistic=choice)
        assert heard.provenance["linguistic"] == "phone posteriors (42)"
        assert ("PocketSphinx" if choice == "pocketsphinx" else "Moonshine") in heard.provenance["ear"]
    with pytest.raises(UnknownNameError, match="pocketsphinx"):
        extract_features(sound, linguistic="earr")


def test_without_the_encoder(no_moonshine: None) -> None:
    sound = Audio(say("hello"), RATE)
    assert "PocketSphinx" in extract_features(sound).provenance["ear"]
    with pytest.raises(AssetError, match="pip install 'moonshine-voice"):
        extract_features(sound, linguistic="ear")


def test_the_weights_fit_and_say_how_often_phones_are() -> None:
    prior = ear.prior()
    for network, fresh in zip(ear.networks(), (EarNetwork(), SpectrumEar()), strict=True):
        assert {n: v.shape for n, v in network.state_dict().items()} == {
            n: v.shape for n, v in fresh.state_dict().items()
        }
        assert not network.training
    assert prior.shape == (N_PHONES,) and prior.sum() == pytest.approx(1.0, abs=1e-3) and prior.min() > 0
    assert ear.WEIGHTS.stat().st_size < 3_000_000
