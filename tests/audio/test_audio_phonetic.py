"""The phonetic front end: against slow twins, against PocketSphinx itself, and through bad channels."""

import numpy as np
import pytest
from audio_samples import RATE, SENTENCE, correlation, noisy, say, vowel
from scipy.signal import butter, sosfiltfilt

from flametalk.audio import acoustic, phonetic
from flametalk.audio.aperture import mouth_aperture
from flametalk.audio.cepstra import NoiseState, mel_power, remove_noise
from flametalk.audio.phone_grammar import phone_trigram
from flametalk.audio.phone_hmm import posteriors, scaled_likelihoods
from flametalk.audio.phones import LIPS_TOUCH, PHONE_INDEX, PHONES, SILENCE
from flametalk.audio.phonetic import hear, hmm, phone_posteriors
from flametalk.errors import AssetError, FormatError

pytestmark = pytest.mark.core


def listen(samples: np.ndarray) -> np.ndarray:
    return phone_posteriors(hear([np.asarray(samples, np.float32)]))


def mass(found: np.ndarray, names: str) -> np.ndarray:
    return found[:, [PHONE_INDEX[name] for name in names.split()]].sum(1)


# --- the parts against slow twins ------------------------------------------------------------------


def test_likelihoods_are_those_of_the_gaussians() -> None:
    folder = acoustic.model_folder() / "en-us"
    means, variances = (acoustic._gaussians(folder / name) for name in ("means", "variances"))
    model = acoustic.acoustic_model()
    streams = np.random.default_rng(0).normal(size=(3, 4, 13)) * 5
    found = acoustic.log_likelihoods(model, streams)
    expected = np.zeros((4, 42, 3))
    for s in range(3):
        difference = streams[s][:, None, None] - means[None, :, s]
        floored = np.maximum(variances[:, s], 1e-4)
        density = -0.5 * (difference**2 / floored + np.log(2 * np.pi * floored)).sum(-1)
        mixed = density[..., None] + np.log(model.weights[s].astype(float))[None]
        expected += np.logaddexp.reduce(mixed, axis=2)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=0.02)


def test_mixture_weights_sum_to_one() -> None:
    np.testing.assert_allclose(acoustic.acoustic_model().weights.sum(2), 1.0, atol=0.08)


def test_forward_backward_is_the_sum_over_all_paths() -> None:
    machine = hmm()
    rng = np.random.default_rng(1)
    likelihoods = rng.uniform(0.01, 1.0, (6, 42, 3)).astype(np.float32)
    stay, trigram = machine.stay.astype(float), machine.trigram.astype(float)

    def step(state: np.ndarray) -> np.ndarray:
        after = state * stay
        after[..., 1:] += state[..., :2] * (1 - stay[:, :2])
        after[..., 0] += np.einsum("hp,hpq->pq", state[..., 2] * (1 - stay[:, 2]), trigram)
        return after

    def step_back(state: np.ndarray) -> np.ndarray:
        before = state * stay
        before[..., :2] += state[..., 1:] * (1 - stay[:, :2])
        before[..., 2] += np.einsum("hpq,pq->hp", trigram, state[..., 0]) * (1 - stay[:, 2])
        return before

    forward = [machine.start.astype(float) * likelihoods[0]]
    for seen in likelihoods[1:]:
        forward.append(step(forward[-1]) * seen)
    backward = [np.ones_like(forward[0])]
    for seen in likelihoods[:0:-1]:
        backward.insert(0, step_back(backward[0] * seen))
    expected = np.array([(f * b).sum((0, 2)) for f, b in zip(forward, backward, strict=True)])
    expected /= expected.sum(1, keepdims=True)
    found, _ = posteriors(machine, likelihoods, None, 6)
    np.testing.assert_allclose(found, expected, atol=2e-5)
    head, past = posteriors(machine, likelihoods, None, 2)  # in two blocks with full look-ahead
    tail, _ = posteriors(machine, likelihoods[2:], past, 4)
    np.testing.assert_allclose(np.concatenate([head, tail]), expected, atol=2e-5)


def test_scaled_likelihoods_never_rule_out_everything() -> None:
    scaled = scaled_likelihoods(np.random.default_rng(0).normal(0, 1e4, (5, 42, 3)).astype(np.float32))
    assert scaled.max() == 1.0 and scaled.min() > 0.0


def test_trigram_is_english() -> None:
    table = phone_trigram()
    np.testing.assert_allclose(table.sum(2), 1.0, rtol=1e-5)
    index = PHONE_INDEX
    assert table[index["S"], index["T"], index["R"]] > 20 * table[index["S"], index["T"], index["NG"]]
    assert table[index["DH"], index["AH"], SILENCE] > 0.01


def test_steady_noise_is_turned_down() -> None:
    rng = np.random.default_rng(0)
    mel = mel_power(rng.normal(0, 0.01, 1 + 250 + 160 * 600))
    cleaned = remove_noise(mel, NoiseState.first(mel))
    assert 10 * np.log10(cleaned[300:].mean() / mel[300:].mean()) < -6
    state = NoiseState.first(mel)
    parts = [remove_noise(part, state) for part in np.split(mel, [100, 101, 400])]
    np.testing.assert_allclose(np.concatenate(parts), cleaned)


# --- what is heard ---------------------------------------------------------------------------------


def test_posteriors_are_probabilities_and_cover_every_hop() -> None:
    for length in (1, 159, 160, 161, 400, 16_000):
        found = listen(np.random.default_rng(length).normal(0, 0.1, length))
        assert found.shape == (max(1, -(-length // 160)), 42)
        assert np.isfinite(found).all() and found.min() >= 0
        np.testing.assert_allclose(found.sum(1), 1.0, atol=1e-4)


def test_vowels_without_a_synthesiser() -> None:
    gap = np.zeros(RATE // 8, np.float32)
    ah, ee = vowel((730, 1090, 2440), 0.25), vowel((270, 2290, 3010), 0.25)
    found = listen(np.concatenate([gap, ah, ee, ah, gap, ee, ah, ee, gap]))
    opened = mouth_aperture(found)
    assert opened[[25, 75]].mean() > opened[[50, 100, 150]].mean() + 0.1


@pytest.mark.parametrize("voice", ["en-us", "en-us+f3", "en+m3"])
def test_phones_of_words(voice: str) -> None:
    found = listen(say("papa, mama, papa", voice))
    speaking = found[:, SILENCE] < 0.5
    assert mass(found, "P B M")[speaking].max() > 0.6
    assert mass(found, "AA AH AO AE AY AW")[speaking].mean() > 0.25
    sea = listen(say("she sees the sea", voice))
    assert mass(sea, "IY Y IH EY")[sea[:, SILENCE] < 0.5].mean() > 0.3
    assert mouth_aperture(found).max() > mouth_aperture(sea).max() + 0.1


def test_agrees_with_pocketsphinx() -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    sound = say(SENTENCE, "en-us", rate=140)
    model = acoustic.model_folder()
    decoder = pocketsphinx.Decoder(
        hmm=str(model / "en-us"), allphone=str(model / "en-us-phone.lm.bin"), lm=None, loglevel="FATAL"
    )
    decoder.start_utt()
    decoder.process_raw((sound * 32767).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    found = listen(sound)
    agreed = total = 0.0
    for segment in decoder.seg():
        if segment.word in PHONE_INDEX and segment.word != "SIL":
            part = found[segment.start_frame + 1 : segment.end_frame + 2]
            agreed += part[:, PHONE_INDEX[segment.word]].sum()
            total += len(part)
    assert agreed / total > 0.4  # chance is 0.03; the two differ in their use of context


def test_silence_closes_the_mouth() -> None:
    assert mouth_aperture(listen(np.zeros(RATE))).max() < 1e-3
    speech = say(SENTENCE)
    aperture = mouth_aperture(
        listen(np.concatenate([np.zeros(RATE, np.float32), speech, np.zeros(RATE, np.float32)]))
    )
    assert aperture[:80].max() < 0.02 and aperture[-80:].max() < 0.02
    assert aperture.max() > 0.5


def test_loudness_and_padding_do_not_matter() -> None:
    speech = say(SENTENCE)
    found = listen(speech)
    assert np.minimum(found, listen(speech * 0.1)).sum(1).mean() > 0.95
    padded = listen(np.concatenate([np.zeros(2 * RATE, np.float32), speech]))
    assert np.minimum(found, padded[200:]).sum(1)[20:].mean() > 0.95


def test_lips_meet_between_vowels() -> None:
    found = listen(say("a papa, a mama, a baba"))
    aperture = mouth_aperture(found)
    touching = mass(found, " ".join(LIPS_TOUCH))
    assert touching.max() > 0.9
    assert aperture[touching > 0.9].max() < 0.4 * aperture.max()


@pytest.mark.parametrize(
    ("worse", "least"),
    [
        (lambda x: noisy(x, 10), 0.75),
        (lambda x: noisy(x, 5), 0.6),
        (lambda x: sosfiltfilt(butter(4, [300, 3400], "band", fs=RATE, output="sos"), x), 0.6),
    ],
    ids=["pink noise 10 dB", "pink noise 5 dB", "telephone"],
)
def test_bad_channels(worse, least: float) -> None:
    scores = []
    for voice in ("en-us+f3", "en"):
        speech = say(SENTENCE, voice)[: 3 * RATE]
        scores.append(correlation(mouth_aperture(listen(speech)), mouth_aperture(listen(worse(speech)))))
    assert np.mean(scores) > least


def test_music_and_noise_leave_the_mouth_nearly_closed() -> None:
    time = np.arange(4 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * time) * np.exp(-3 * (2 * time % 1)) for f in (220, 277, 330, 440, 880))
    for sound in (0.1 * chord, np.random.default_rng(0).normal(0, 0.05, 4 * RATE)):
        assert mouth_aperture(listen(sound)).mean() < 0.15


def test_another_language_still_moves_with_the_voice() -> None:
    from flametalk.audio.envelope import envelope
    from flametalk.audio.timing import frame_means

    speech = say("ni3 hao3 wo3 men5 jin1 tian1 qu4 gong1 yuan2 hao3 bu4 hao3", "cmn-latn-pinyin")
    found = listen(speech)
    frames = len(found) // 4
    aperture = frame_means(mouth_aperture(found), 100.0, 25.0, frames)
    assert correlation(aperture, frame_means(envelope(speech), 16_000.0, 25.0, frames)) > 0.3


def test_chunks_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    speech = say(SENTENCE)
    found = listen(speech)
    pieces = np.split(speech, [5, 300, 7000, 7001, 30_000])
    np.testing.assert_allclose(phone_posteriors(hear(pieces)), found, atol=1e-5)
    monkeypatch.setattr(phonetic, "BLOCK", 130)
    np.testing.assert_allclose(phone_posteriors(hear([speech])), found, atol=0.02)


def test_missing_or_damaged_model(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acoustic, "find_spec", lambda name: None)
    with pytest.raises(AssetError, match="pip install pocketsphinx"):
        acoustic.model_folder()
    with pytest.raises(AssetError, match="reinstall pocketsphinx"):
        acoustic.load_acoustic_model(tmp_path)
    (tmp_path / "means").write_bytes(b"s3\nendhdr\n" + bytes(40))
    with pytest.raises(FormatError, match="not a Sphinx parameter file"):
        acoustic.load_acoustic_model(tmp_path)


def test_names() -> None:
    assert len(PHONES) == 42 and PHONES[SILENCE] == "SIL"
