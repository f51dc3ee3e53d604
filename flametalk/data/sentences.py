"""Texts to speak: sentences from the grammars in `grammar/`, one a language, and texts kept from training."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from re import Match, compile

import numpy as np

from ..errors import FormatError, UnknownNameError

FOLDER = Path(__file__).with_name("grammar")
HELD_OUT = "held_out"
START = "sentence"
SLOT = compile(r"\{([^{}]+)\}")
DEEPEST = 12  # slots within slots


@dataclass(frozen=True)
class Grammar:
    """Choices and their weights for every slot."""

    choices: dict[str, tuple[tuple[str, ...], tuple[float, ...]]]

    def sentence(self, chance: np.random.Generator) -> str:
        text = self._fill("{" + START + "}", chance, 0)
        return text[:1].upper() + text[1:]

    def _fill(self, text: str, chance: np.random.Generator, depth: int) -> str:
        if depth > DEEPEST:
            raise RecursionError(f"the grammar never ends: '{text[:60]}'")

        def choose(slot: Match[str]) -> str:
            texts, weights = self.choices[slot[1]]
            return self._fill(texts[chance.choice(len(texts), p=weights)], chance, depth + 1)

        return SLOT.sub(choose, text)


def languages() -> list[str]:
    """Codes of the languages that have a grammar."""
    return sorted(path.stem for path in FOLDER.glob("*.txt") if path.stem != HELD_OUT)


@lru_cache(maxsize=16)
def grammar(language: str) -> Grammar:
    """The grammar of a language; a slot that nothing fills is an error."""
    path = FOLDER / f"{language}.txt"
    if language not in languages():
        raise UnknownNameError("language with a grammar", language, languages())
    gathered: dict[str, list[tuple[float, str]]] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1]
            gathered[name] = []
            continue
        weight, bar, text = line.partition(" | ")
        gathered[name].append((float(weight), text) if bar else (1.0, line))
    used = {START} | {slot for some in gathered.values() for _, text in some for slot in SLOT.findall(text)}
    missing = sorted(slot for slot in used if not gathered.get(slot))
    if missing:
        raise FormatError(path, f"has no choices for {', '.join(missing)}")
    choices = {}
    for slot, some in gathered.items():
        total = sum(weight for weight, _ in some)
        choices[slot] = (tuple(text for _, text in some), tuple(weight / total for weight, _ in some))
    return Grammar(choices)


@lru_cache(maxsize=1)
def held_out() -> tuple[tuple[str, str], ...]:
    """(language, text) of what is only ever spoken for tests."""
    lines = (FOLDER / f"{HELD_OUT}.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t", 1) for line in lines if line.strip() and not line.startswith("#")]
    return tuple((language, text) for language, text in rows)
