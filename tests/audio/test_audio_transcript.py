"""Text: words, numbers, letter-to-sound, and posteriors that follow a transcript."""

import numpy as np
import pytest
from audio_samples import RATE, SENTENCE, say

from flametalk.audio import listen as listening
from flametalk.audio import transcript
from flametalk.audio.letters import number_words, pronunciations, sounds_of, words_of
from flametalk.audio.listen import Hearing
from flametalk.audio.phones import PHONE_INDEX, SILENCE
from flametalk.audio.transcript import align, chain_of
from flametalk.errors import InputError


def hear(samples: np.ndarray) -> Hearing:
    return listening.listen(np.asarray(samples, np.float32), "pocketsphinx")


@pytest.mark.core
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t — stop!", "don't stop"),
        ("1,234 dogs", "one thousand two hundred thirty four dogs"),
        ("in 1984, 1905 & 2024", "in nineteen eighty four nineteen oh five and two thousand twenty four"),
        ("007 and 50%", "zero zero seven and fifty percent"),
        ("café naïve", "cafe naive"),
        ("今天", ""),
        ("9" * 5000, " ".join(["nine"] * 5000)),
    ],
)
def test_words(text: str, words: str) -> None:
    assert words_of(text) == words.split()


@pytest.mark.core
def test_numbers() -> None:
    assert number_words(0) == ["zero"]
    assert " ".join(number_words(1_000_001)) == "one million one"
    assert " ".join(number_words(999)) == "nine hundred ninety nine"


@pytest.mark.core
@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("blame", "B L EY M"),
        ("knight", "N AY T"),
        ("shrimp", "SH R IH M P"),
        ("zzyzx", "Z IH Z K S"),
        ("quizzing", "K W IH Z IH NG"),
    ],
)
def test_letters(word: str, phones: str) -> None:
    assert sounds_of(word) == tuple(phones.split())
    assert all(name in PHONE_INDEX for name in sounds_of(word))


@pytest.mark.core
def test_dictionary_first() -> None:
    assert ("R", "EH", "D") in pronunciations("read") and ("R", "IY", "D") in pronunciations("read")


@pytest.mark.core
def test_the_only_possible_path_is_certain() -> None:
    speech = hear(np.random.default_rng(0).normal(0, 0.1, RATE))
    aligned = align(speech.likelihoods(), chain_of(["see"]))
    allowed = [PHONE_INDEX["S"], PHONE_INDEX["IY"], SILENCE]
    np.testing.assert_allclose(aligned[:, allowed].sum(1), 1.0, atol=1e-5)


@pytest.mark.core
def test_alignment_is_the_sum_over_all_paths() -> None:
    rng = np.random.default_rng(0)
    speech = hear(rng.normal(0, 0.1, 3000))
    chain = chain_of(["a", "bee"])
    likelihoods = np.concatenate(speech.likelihoods())
    places = len(chain.phones)
    stay = transcript.acoustic_model().stay[chain.phones].astype(float)
    matrix = np.zeros((places, 3, places, 3))
    for i in range(places):
        for s in range(3):
            matrix[i, s, i, s] += stay[i, s]
            if s < 2:
                matrix[i, s, i, s + 1] += 1 - stay[i, s]
    for (source, target), weight in zip(chain.arcs, chain.weights, strict=True):
        matrix[source, 2, target, 0] += (1 - stay[source, 2]) * weight
    matrix = matrix.reshape(3 * places, 3 * places)
    seen = likelihoods[:, chain.phones].reshape(len(likelihoods), -1)
    forward, backward = [np.zeros((places, 3))], [np.zeros((places, 3))]
    forward[0][:, 0], backward[0][:, 2] = chain.start, chain.end
    forward[0] = forward[0].ravel() * seen[0]
    backward[0] = backward[0].ravel()
    for row in seen[1:]:
        forward.append((forward[-1] @ matrix) * row)
    for row in seen[:0:-1]:
        backward.insert(0, matrix @ (backward[0] * row))
    joint = np.array(forward) * np.array(backward)
    expected = np.zeros((len(seen), 42))
    for i, phone in enumerate(np.repeat(chain.phones, 3)):
        expected[:, phone] += joint[:, i]
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(align(speech.likelihoods(), chain), expected, atol=1e-4)


def test_text_sharpens_what_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    speech = hear(say(SENTENCE))
    aligned, note = speech.after(SENTENCE)
    assert note.startswith("followed (11 words, agreement 0.")
    assert aligned.max(1).mean() > speech.posteriors.max(1).mean()
    order = [
        i for i, before in zip(aligned.argmax(1)[1:], aligned.argmax(1)[:-1], strict=True) if i != before
    ]
    names = [index for index in order if index != SILENCE]
    assert names[:4] in (
        [PHONE_INDEX[x] for x in "DH AH W EH".split()],
        [PHONE_INDEX[x] for x in "DH IY W EH".split()],
    )
    monkeypatch.setattr(listening, "BLOCK", 57)
    again, _ = speech.after(SENTENCE)
    np.testing.assert_allclose(again, aligned, atol=1e-4)


def test_unknown_words_are_pronounced_by_rule() -> None:
    _, note = hear(say("my friend flimbert is here")).after("my friend Flimbert is here")
    assert "pronounced by rule: flimbert" in note


def test_a_wrong_text_is_not_used() -> None:
    speech = hear(say(SENTENCE))
    with pytest.warns(UserWarning, match="does not fit what is heard"):
        found, note = speech.after("purple fish jumps over sixteen boxes of soap powder")
    assert found is speech.posteriors and note.startswith("not used")


@pytest.mark.core
@pytest.mark.parametrize("text", ["", "今天天气很好", "...!"])
def test_no_english_words(text: str) -> None:
    with pytest.raises(InputError, match="no English words"):
        hear(np.zeros(RATE)).after(text)


@pytest.mark.core
def test_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript, "MAX_CELLS", 100)
    with pytest.raises(InputError, match="cut sound and text"):
        hear(np.zeros(RATE)).after("hello")
