"""From written English to phones: the dictionary, numbers in words, and letter-to-sound rules."""

import re
import unicodedata
from collections.abc import Iterator

from .phone_grammar import dictionary

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
LONGEST = 12  # digits of a number in words; longer ones are read digit by digit
SIGNS = {"&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "$": "dollars", "€": "euros"}
TOKEN = re.compile(r"\d+(?:,\d{3})+|\d+|[a-z]+(?:'[a-z]+)*'?|[&%+=@$€]|.", re.DOTALL)

# Letters → phones; the first that fits is taken. ^ and $ mark the ends of the word.
RULES = {
    "^kn": "N", "^wr": "R", "^ps": "S", "^x": "Z", "^pn": "N", "tion": "SH AH N", "sion": "ZH AH N",
    "cious": "SH AH S", "tious": "SH AH S", "ture$": "CH ER", "ough": "AO", "augh": "AO", "eigh": "EY",
    "igh": "AY", "tch": "CH", "sch": "SH", "ch": "CH", "sh": "SH", "ph": "F", "th": "TH", "wh": "W",
    "ck": "K", "dge": "JH", "ng$": "NG", "nk": "NG K", "qu": "K W", "gh": "G", "ee": "IY", "ea": "IY",
    "oo": "UW", "ou": "AW", "ow": "OW", "oa": "OW", "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY",
    "au": "AO", "aw": "AO", "ei": "EY", "ey$": "IY", "ew": "UW", "ie$": "IY", "ie": "IY", "ue$": "UW",
    "ar": "AA R", "er": "ER", "ir": "ER", "ur": "ER", "or": "AO R", "ce": "S", "ci": "S IH",
    "cy": "S IY", "ge$": "JH", "gi": "JH IH", "bb": "B", "cc": "K", "dd": "D", "ff": "F", "gg": "G",
    "ll": "L", "mm": "M", "nn": "N", "pp": "P", "rr": "R", "ss": "S", "tt": "T", "zz": "Z", "es$": "Z",
    "e$": "", "^y": "Y", "y$": "IY", "y": "IH", "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH",
    "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N",
    "o": "OW", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W",
    "x": "K S", "z": "Z",
}  # fmt: skip
MAGIC_E = re.compile(r"([aeiou])([bcdfgklmnpstvz])(e)(s?)$")
LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; numbers and common signs are spelled out, other signs left out."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).lower()
    return [word for token in TOKEN.findall(plain) for word in _spoken(token)]


def pronunciations(word: str) -> list[tuple[str, ...]]:
    """How a word may be said: from the dictionary, else one guess by rules."""
    known = dictionary().get(word) or dictionary().get(word.rstrip("'"))
    return known or [sounds_of(word)]


def is_known(word: str) -> bool:
    """Whether the dictionary has the word."""
    return word in dictionary() or word.rstrip("'") in dictionary()


def sounds_of(word: str) -> tuple[str, ...]:
    """Phones of a word by letter-to-sound rules: names and new words come out roughly right."""
    rest = word.replace("'", "")
    ending: list[str] = []
    magic = MAGIC_E.search(rest)
    if magic and len(rest) > 3:  # as in "blame": a long vowel, one consonant, a silent e
        consonant = {"c": "S", "g": "JH"}.get(magic[2], magic[2].upper())
        ending = [LONG[magic[1]], consonant, *(["Z"] if magic[4] else [])]
        rest = rest[: magic.start()]
    phones: list[str] = []
    at = 0
    while at < len(rest):
        for letters, said in RULES.items():
            bare = letters.strip("^$")
            fits = rest.startswith(bare, at)
            if letters.startswith("^"):
                fits = fits and at == 0
            if letters.endswith("$"):
                fits = fits and at + len(bare) == len(rest) and not ending and at > 0
            if fits:
                phones += said.split()
                at += len(bare)
                break
        else:
            at += 1
    return tuple(phones + ending)


def _spoken(token: str) -> Iterator[str]:
    if token[0].isascii() and token[0].isalpha():
        yield token
    elif token in SIGNS:
        yield SIGNS[token]
    elif token[0].isdecimal():
        digits = token.replace(",", "")
        if len(digits) > LONGEST or (digits[0] == "0" and digits != "0"):
            yield from (ONES[int(digit)] for digit in digits)
        elif digits == token and 1100 <= int(digits) < 2000:
            yield from _year(int(digits))
        else:
            yield from number_words(int(digits))


def number_words(number: int) -> list[str]:
    """A number below a million million in English words."""
    for scale, name in SCALES:
        if number >= scale:
            high, low = divmod(number, scale)
            return [*number_words(high), name, *(number_words(low) if low else [])]
    if number < 20:
        return [ONES[number]]
    tens, ones = divmod(number, 10)
    return [TENS[tens], *([ONES[ones]] if ones else [])]


def _year(number: int) -> list[str]:
    """In pairs of digits, as in nineteen eighty-four."""
    high, low = divmod(number, 100)
    rest = ["hundred"] if low == 0 else [*(["oh"] if low < 10 else []), *number_words(low)]
    return [*number_words(high), *rest]
