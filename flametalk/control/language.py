"""Language models write PoseScripts: one small interface, what they are told, and how their replies are read.

A reply is text from a stranger: the JSON in it is looked for, checked against the schema and clamped; the
rest is ignored, and nothing is run.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ..errors import FlametalkError, InputError
from .accents import Accents
from .posescript import PoseScript, posescript_from
from .schema import posescript_schema

Message = dict[str, str]  # role and content, as chat models take them
TURNS = 2  # a reply that is no PoseScript is sent back once, with what is wrong
STARTS = 40  # braces at which an object is looked for in prose
LONGEST = 200_000  # characters of a reply that are looked at
MOMENTS = 60  # times told to the model

SYSTEM = """You direct the head of a talking 3D avatar. You answer with one JSON object, a PoseScript, and \
nothing else: no prose, no code, no comments.

A PoseScript says how the head moves while someone speaks:
- yaw, pitch, roll (degrees) and lean (centimetres) each have a base curve: "keys", a list of [part of the \
clip from 0 to 1, value], and "waves", sines with "hertz", "amount", "phase" and an optional "envelope".
- "beats" are strokes on stressed words, phrase starts or phrase ends of the speech.
- "gestures" are single movements at a time in seconds: a nod is pitch 9 in 0.7 s, a shake is yaw 12 with \
"both_ways".
Positive yaw turns to the subject's left, positive pitch looks down, positive roll tilts to the right \
shoulder, positive lean comes closer. Natural talk stays within yaw 15, pitch 10, roll 8; a stage needs yaw \
25. Calm waves are 0.05 to 0.2 hertz, lively ones 0.3 to 0.8. The head returns to the centre by itself over \
the last fifth. It is added to natural motion, so less is more.

The schema:
"""
EXAMPLE = {
    "version": 1,
    "about": "energetic presentation",
    "yaw": {"waves": [{"hertz": 0.3, "amount": 8}, {"hertz": 0.13, "amount": 6, "phase": 0.2}]},
    "roll": {"waves": [{"hertz": 0.37, "amount": 3}]},
    "beats": [{"axis": "pitch", "amount": 6, "on": "stressed words", "share": 0.8, "seconds": 0.5}],
    "with_energy": 0.5,
}


class LanguageModelError(FlametalkError):
    """A language model that cannot be reached, or whose reply is no PoseScript."""


@runtime_checkable
class LanguageModel(Protocol):
    """Anything that answers a chat."""

    @property
    def name(self) -> str: ...

    def reply(self, messages: Sequence[Message]) -> str: ...


@dataclass(frozen=True)
class Written:
    """A script, and who wrote it."""

    script: PoseScript
    by: str
    unknown: tuple[str, ...] = ()  # words that the phrase parser did not understand


def write_script(model: LanguageModel, text: str, accents: Accents) -> Written:
    """Have the model write a script for the description and this speech."""
    messages = request_for(text, accents)
    problem = ""
    for _ in range(TURNS):
        reply = model.reply(messages)
        try:
            return Written(read_reply(reply), model.name)
        except InputError as error:
            problem = str(error)
        messages += [
            {"role": "assistant", "content": reply[:4000]},
            {"role": "user", "content": f"{problem}. Answer again, with the JSON object alone."},
        ]
    raise LanguageModelError(
        f"{model.name} was asked {TURNS} times and gave no usable answer: {problem}. "
        "Try another model, or the offline parser (pose_by='phrases')"
    )


def request_for(text: str, accents: Accents) -> list[Message]:
    """What a model is told: the task and schema, then the description and the speech's moments."""
    system = SYSTEM + json.dumps(posescript_schema()) + "\n\nExample:\n" + json.dumps(EXAMPLE)
    strongest = accents.stressed[(-accents.strength).argsort(kind="stable")[:MOMENTS]]
    speech = {
        "duration_seconds": round(accents.duration, 2),
        "stressed_words_at": sorted(round(float(t), 2) for t in strongest),
        "phrases_from_to": [[round(float(t), 2) for t in span] for span in accents.phrases[:MOMENTS]],
        "loudness_per_tenth": [round(float(part.mean()), 2) for part in _tenths(accents)],
    }
    asked = f"Description: {json.dumps(text)}\nSpeech: {json.dumps(speech)}"
    return [{"role": "system", "content": system}, {"role": "user", "content": asked}]


def _tenths(accents: Accents) -> list[Any]:
    step = max(1, accents.n_frames // 10)
    return [accents.energy[k : k + step] for k in range(0, accents.n_frames, step)][:10]


def read_reply(text: str) -> PoseScript:
    """The first PoseScript in a reply, with prose or fences around it or not."""
    if len(text) > LONGEST:
        raise InputError(f"the reply has {len(text):,} characters, expected at most {LONGEST:,}")
    found = list(_objects(text))
    if not found:
        raise InputError("the reply holds no JSON object")
    problem: InputError | None = None
    for value in found:
        try:
            return posescript_from({"version": 1} | value)
        except InputError as error:
            problem = problem or error
    raise problem or InputError("the reply holds no PoseScript")


def _objects(text: str) -> list[dict[str, Any]]:
    """JSON objects in the text, outermost first."""
    decoder = json.JSONDecoder(parse_constant=_refused)
    found: list[dict[str, Any]] = []
    position, tries = text.find("{"), 0
    while position >= 0 and tries < STARTS:
        tries += 1
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            found.append(value)
        position = text.find("{", end)
    return found


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number")
