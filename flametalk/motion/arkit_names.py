"""ARKit's 52 face shapes, in the order of Apple's Live Link Face tables, and which ones mirror which."""

from typing import Final


def _eye(side: str) -> list[str]:
    kinds = "eyeBlink eyeLookDown eyeLookIn eyeLookOut eyeLookUp eyeSquint eyeWide"
    return [f"{kind}{side}" for kind in kinds.split()]


def _both(kinds: str) -> list[str]:
    return [f"{kind}{side}" for kind in kinds.split() for side in ("Left", "Right")]


ARKIT_NAMES: Final[tuple[str, ...]] = (
    *_eye("Left"),
    *_eye("Right"),
    *"jawForward jawRight jawLeft jawOpen".split(),
    *"mouthClose mouthFunnel mouthPucker mouthRight mouthLeft".split(),
    *_both("mouthSmile mouthFrown mouthDimple mouthStretch"),
    *"mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper".split(),
    *_both("mouthPress mouthLowerDown mouthUpperUp"),
    *_both("browDown"),
    "browInnerUp",
    *_both("browOuterUp"),
    "cheekPuff",
    *_both("cheekSquint noseSneer"),
    "tongueOut",
)
N_ARKIT: Final = 52
assert len(set(ARKIT_NAMES)) == N_ARKIT
