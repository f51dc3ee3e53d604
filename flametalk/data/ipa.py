"""From the IPA that espeak-ng reports to the 42 phones of the house: the nearest mouth, in any language."""

from ..errors import InputError

# Longest first wins. Sounds that English lacks become what looks most alike.
SOUNDS: dict[str, str] = {
    # diphthongs and r-coloured vowels
    "aɪ": "AY", "ai": "AY", "ɑɪ": "AY", "ɑi": "AY", "aʊ": "AW", "au": "AW", "ɑu": "AW", "ɑʊ": "AW",
    "ɔɪ": "OY", "ɔø": "OY", "ɔʏ": "OY", "ɔy": "OY", "oɪ": "OY", "oi": "OY", "ɔi": "OY", "eɪ": "EY",
    "ei": "EY", "ɛɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ou": "OW", "ɔu": "OW", "əu": "OW",
    "ɑːɹ": "AA R", "ɔːɹ": "AO R", "oːɹ": "AO R",
    # vowels
    "i": "IY", "ɪ": "IH", "ᵻ": "IH", "ɨ": "IH", "e": "EH", "ɛ": "EH", "æ": "AE", "a": "AA",
    "ɑ": "AA", "ɒ": "AO", "ɔ": "AO", "o": "AO UH", "ʊ": "UH", "u": "UW", "ʉ": "UW", "ʌ": "AH",
    "ə": "AH", "ɐ": "AH", "ɜ": "ER", "ɚ": "ER", "ɝ": "ER", "ɘ": "AH", "ɵ": "UH", "y": "UW",
    "ʏ": "UH", "ø": "UH", "œ": "UH", "ɯ": "IH", "ɤ": "AH", "ɥ": "W", "ɹ̩": "ER", "l̩": "AH L",
    "n̩": "AH N", "m̩": "AH M",
    # lips and teeth
    "p": "P", "b": "B", "m": "M", "f": "F", "v": "V", "ɱ": "V", "ʋ": "V", "β": "V", "ɸ": "F",
    "pf": "P F", "w": "W", "ʍ": "W",
    # tongue
    "t": "T", "d": "D", "n": "N", "ɾ": "D", "ɽ": "D", "ʈ": "T", "ɖ": "D", "ɳ": "N", "θ": "TH",
    "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "ʂ": "SH", "ʐ": "ZH", "ɕ": "SH", "ʑ": "ZH",
    "ɬ": "L", "ɮ": "L", "ts": "T S", "dz": "D Z", "tʃ": "CH", "dʒ": "JH", "tɕ": "CH", "dʑ": "JH",
    "tʂ": "CH", "ts.": "CH", "s.": "SH", "ɹ": "R", "ɻ": "R", "r": "L", "l": "L", "ɫ": "L", "ɭ": "L",
    "ɲ": "N Y", "ʎ": "L Y", "j": "Y", "ʝ": "Y", "c": "K", "ɟ": "G",
    # back of the mouth, which nobody sees
    "k": "K", "ɡ": "G", "g": "G", "ŋ": "NG", "x": "K", "ɣ": "G", "χ": "HH", "q": "K", "ʁ": "G",
    "ʀ": "G", "h": "HH", "ɦ": "HH", "ħ": "HH", "ç": "HH", "ʕ": "HH", "ʔ": "",
}  # fmt: skip
IGNORED = frozenset("ˈˌːˑ͡ʰʲʷˠˤ̪̃̊̆̚ ˞.'-:_0123456789˥˦˧˨˩|^;\"")  # stress, length, tone, ties
LONGEST = max(len(sound) for sound in SOUNDS)


def phones_of(ipa: str) -> tuple[str, ...]:
    """The phones of one event, first to last; none for what is not seen."""
    phones: list[str] = []
    if ipa.startswith("("):  # "(en)": a change of language
        return ()
    place = 0
    while place < len(ipa):
        for length in range(min(LONGEST, len(ipa) - place), 0, -1):
            if ipa[place : place + length] in SOUNDS:
                phones += SOUNDS[ipa[place : place + length]].split()
                place += length
                break
        else:
            if ipa[place] not in IGNORED:
                raise InputError(
                    f"'{ipa[place]}' in '{ipa}' is a sound that no phone was chosen for (data/ipa.py)"
                )
            place += 1
    return tuple(phones)
