"""The words that the phrase parser knows, and what they mean. `docs/control.md` lists them."""

from dataclasses import dataclass

from .posescript import Axis, Beat, Gesture, PoseScript, Wave


def _waves(*given: tuple[float, float, float]) -> Axis:
    """(hertz, amount, phase of a turn) each."""
    return Axis(waves=tuple(Wave(hertz, amount, phase) for hertz, amount, phase in given))


def _held(value: float, *given: tuple[float, float, float]) -> Axis:
    return Axis(((0.0, 0.0), (0.08, value)), _waves(*given).waves)


def _nods(amount: float, share: float, seconds: float) -> Beat:
    return Beat("pitch", amount, share=share, seconds=seconds)


# What a delivery looks like. Pitch is positive downwards, yaw to the left, roll to the right shoulder.
STYLES: dict[str, PoseScript] = {
    "calm": PoseScript(
        yaw=_waves((0.11, 3.5, 0.0), (0.19, 1.2, 0.3)),
        pitch=_waves((0.16, 1.2, 0.2)),
        roll=_waves((0.09, 1.3, 0.6)),
        beats=(_nods(2.0, 0.4, 1.0),),
    ),
    "still": PoseScript(),
    "energetic": PoseScript(
        yaw=_waves((0.31, 10.0, 0.0), (0.72, 3.5, 0.4)),
        pitch=_waves((0.47, 2.5, 0.1)),
        roll=_waves((0.38, 3.0, 0.3)),
        beats=(_nods(7.0, 0.85, 0.5), Beat("yaw", 4.0, share=0.5, seconds=0.7, alternate=True)),
        with_energy=0.4,
    ),
    "presentation": PoseScript(
        yaw=_waves((0.13, 9.0, 0.0), (0.29, 2.0, 0.5)),
        roll=_waves((0.11, 1.5, 0.25)),
        beats=(_nods(4.5, 0.6, 0.6), Beat("yaw", 3.0, "phrase starts", seconds=1.2, alternate=True)),
    ),
    "stage": PoseScript(
        yaw=_waves((0.08, 17.0, 0.0), (0.21, 3.0, 0.2)),
        pitch=_held(-2.5),
        roll=_waves((0.08, 2.5, 0.5)),
        lean=_waves((0.05, 1.5, 0.0)),
        beats=(_nods(6.0, 0.5, 0.7), Beat("roll", 2.5, "phrase starts", seconds=1.4, alternate=True)),
        with_energy=0.3,
    ),
    "conversational": PoseScript(
        yaw=_waves((0.2, 3.5, 0.0), (0.37, 1.2, 0.6)),
        pitch=_waves((0.27, 1.2, 0.3)),
        roll=_waves((0.15, 2.0, 0.1)),
        beats=(_nods(3.5, 0.5, 0.6), Beat("roll", 3.5, "phrase starts", 0.6, 1.6, True)),
    ),
    "thoughtful": PoseScript(
        yaw=_waves((0.07, 6.0, 0.0)),
        pitch=_held(2.5, (0.1, 1.5, 0.4)),
        roll=_held(3.5, (0.06, 2.0, 0.2)),
        beats=(_nods(1.5, 0.3, 1.2),),
    ),
    "storytelling": PoseScript(
        yaw=_waves((0.1, 8.0, 0.0), (0.23, 2.0, 0.3)),
        pitch=_waves((0.14, 2.0, 0.6)),
        roll=_waves((0.13, 4.0, 0.2)),
        lean=_waves((0.06, 2.0, 0.0)),
        beats=(_nods(4.0, 0.5, 0.7),),
        with_energy=0.3,
    ),
    "confident": PoseScript(
        yaw=_waves((0.1, 6.0, 0.0)),
        pitch=_held(-3.0),
        roll=_waves((0.09, 1.0, 0.5)),
        beats=(_nods(5.0, 0.45, 0.7),),
    ),
    "proud": PoseScript(yaw=_waves((0.08, 4.0, 0.0)), pitch=_held(-6.0), beats=(_nods(2.5, 0.3, 0.9),)),
    "friendly": PoseScript(
        yaw=_waves((0.22, 3.5, 0.0)),
        roll=_waves((0.27, 3.5, 0.2)),
        beats=(_nods(4.0, 0.6, 0.55), Beat("roll", 3.0, "phrase ends", 0.7, 1.2, True)),
    ),
    "curious": PoseScript(
        yaw=_waves((0.17, 3.0, 0.0)),
        lean=_held(2.0),
        beats=(Beat("roll", 7.0, "phrase starts", 1.0, 1.8, True), _nods(2.5, 0.3, 0.8)),
    ),
    "nervous": PoseScript(
        yaw=_waves((1.1, 1.6, 0.0), (0.33, 4.0, 0.3)),
        pitch=_waves((1.4, 0.9, 0.2), (0.4, 1.5, 0.7)),
        roll=_waves((0.8, 1.0, 0.5)),
        calm_in_pauses=0.0,
    ),
    "shy": PoseScript(
        yaw=_held(-7.0, (0.18, 2.5, 0.0)),
        pitch=_held(5.0),
        roll=_held(3.0, (0.14, 1.5, 0.3)),
        beats=(_nods(1.5, 0.3, 0.8),),
    ),
    "sad": PoseScript(
        yaw=_waves((0.08, 2.5, 0.0)),
        pitch=_held(7.0, (0.1, 1.0, 0.3)),
        roll=_waves((0.07, 2.0, 0.1)),
        beats=(Beat("yaw", 3.0, "phrase ends", 0.6, 1.8, True),),
    ),
    "angry": PoseScript(
        yaw=_waves((0.41, 2.5, 0.0)),
        pitch=_held(3.0),
        lean=_held(2.0),
        beats=(_nods(8.0, 0.75, 0.4), Beat("yaw", 4.0, share=0.4, seconds=0.5, alternate=True)),
        with_energy=0.7,
    ),
    "news": PoseScript(
        yaw=_waves((0.09, 1.5, 0.0)),
        beats=(_nods(3.2, 0.7, 0.5), Beat("roll", 1.5, "phrase starts", 1.0, 1.5, True)),
    ),
    "listening": PoseScript(
        yaw=_waves((0.08, 1.5, 0.0)),
        pitch=_waves((0.45, 1.8, 0.0)),
        roll=_held(4.0),
        calm_in_pauses=0.0,
    ),
    "rhythmic": PoseScript(
        pitch=_waves((1.0, 3.5, 0.0)), yaw=_waves((0.5, 4.0, 0.25)), roll=_waves((0.5, 3.0, 0.0)),
        calm_in_pauses=0.0,
    ),
}  # fmt: skip

STYLE_WORDS: dict[str, str] = {
    "calm": "calm relaxed gentle quiet soft serene peaceful composed subtle minimal restrained understated",
    "still": "still motionless frozen fixed",
    "energetic": "energetic lively dynamic vivid animated excited enthusiastic passionate expressive "
    "vigorous",
    "presentation": "presentation presenting presenter present lecture lecturing teaching professional "
    "explain",
    "stage": "stage ted keynote theatrical dramatic performing performer audience grand",
    "conversational": "conversational conversation casual natural chatty chat talk talking interview "
    "everyday",
    "thoughtful": "thoughtful pensive reflective contemplative thinking serious philosophical",
    "storytelling": "storytelling story narrating narrator narration tale",
    "confident": "confident assured assertive determined authoritative firm commanding leader",
    "proud": "proud arrogant haughty superior",
    "friendly": "friendly warm cheerful happy playful welcoming kind joyful",
    "curious": "curious interested inquisitive questioning wondering puzzled",
    "nervous": "nervous anxious restless jittery fidgety trembling uneasy afraid",
    "shy": "shy timid bashful modest hesitant embarrassed",
    "sad": "sad dejected depressed tired weary mournful melancholic gloomy bored",
    "angry": "angry furious aggressive forceful fierce heated outraged",
    "news": "news newsreader anchor formal official announcing",
    "listening": "listening attentive",
    "rhythmic": "rhythmic rhythm dancing music groove",
}
HALVED = "subtle minimal restrained understated"  # styles at half their size


@dataclass(frozen=True)
class Move:
    """A gesture by its name; `wave` is what it is when it goes on throughout."""

    gestures: tuple[Gesture, ...]
    waves: tuple[tuple[str, float, float], ...]  # axis, hertz, amount
    continuous: bool = False  # goes on unless a number of times is said


MOVES: dict[str, Move] = {
    "nod": Move((Gesture("pitch", 9.0, seconds=0.7),), (("pitch", 0.8, 6.0),)),
    "shake": Move((Gesture("yaw", 12.0, seconds=0.75, both_ways=True),), (("yaw", 0.9, 9.0),)),
    "tilt": Move((Gesture("roll", 10.0, seconds=1.4, hold=0.6),), (("roll", 0.25, 8.0),)),
    "sway": Move(
        (Gesture("yaw", 7.0, seconds=3.0, both_ways=True),), (("yaw", 0.25, 6.0), ("roll", 0.25, 4.0)), True
    ),
    "turn": Move((Gesture("yaw", 20.0, seconds=1.6, hold=0.8),), (("yaw", 0.15, 16.0),)),
    "raise": Move((Gesture("pitch", -13.0, seconds=1.4, hold=0.7),), (("pitch", 0.2, -9.0),)),
    "lower": Move((Gesture("pitch", 14.0, seconds=1.4, hold=0.7),), (("pitch", 0.2, 9.0),)),
    "lean": Move((Gesture("lean", 4.0, seconds=1.6, hold=1.0),), (("lean", 0.15, 3.0),)),
    "bow": Move((Gesture("pitch", 22.0, seconds=1.8, hold=0.3),), (("pitch", 0.3, 14.0),)),
    "bob": Move((Gesture("pitch", 4.0, seconds=0.6),), (("pitch", 1.2, 3.0),), True),
    "circle": Move(
        (Gesture("yaw", 8.0, seconds=2.4, both_ways=True),), (("yaw", 0.4, 8.0), ("pitch", 0.4, 5.0)), True
    ),
}
MOVE_WORDS: dict[str, str] = {
    "nod": "nod agree yes",
    "shake": "shake disagree no",
    "tilt": "tilt cock incline",
    "sway": "sway swing rock weave drift|side to side|back and forth|left and right",
    "turn": "turn look glance face gaze watch pan|turn around",
    "raise": "raise lift|chin up|head up|look up|looks up|looking up|glance up|turn up|face up",
    "lower": "lower drop hang|chin down|head down|look down|looks down|looking down|glance down|"
    "turn down|face down",
    "lean": "lean",
    "bow": "bow",
    "bob": "bob bounce|up and down",
    "circle": "circle roll circular",
}
SIDES: dict[str, tuple[str, float]] = {  # word → (axis it turns, sign); otherwise only the sign counts
    "left": ("yaw", 1.0), "right": ("yaw", -1.0), "up": ("pitch", -1.0), "down": ("pitch", 1.0),
    "forward": ("lean", 1.0), "forwards": ("lean", 1.0), "in": ("lean", 1.0), "closer": ("lean", 1.0),
    "back": ("lean", -1.0), "backward": ("lean", -1.0), "backwards": ("lean", -1.0), "out": ("lean", -1.0),
}  # fmt: skip
SPEEDS: dict[str, float] = {  # how many times as long
    "slow": 1.8, "slowly": 1.8, "unhurried": 1.6, "lazily": 2.0, "gradually": 2.2, "steadily": 1.3,
    "quick": 0.65, "quickly": 0.65, "fast": 0.6, "rapid": 0.55, "rapidly": 0.55, "sharp": 0.6, "sharply": 0.6,
    "briefly": 0.6, "suddenly": 0.5, "sudden": 0.5, "brisk": 0.7, "snappy": 0.6,
}  # fmt: skip
AMOUNTS: dict[str, float] = {
    "slight": 0.5, "slightly": 0.5, "small": 0.5, "little": 0.5, "bit": 0.6, "gently": 0.6, "softly": 0.6,
    "tiny": 0.3, "barely": 0.3, "somewhat": 0.7, "fairly": 0.9, "moderate": 0.8, "moderately": 0.8,
    "big": 1.5, "large": 1.5, "wide": 1.5, "deep": 1.5, "deeply": 1.5, "strong": 1.4, "strongly": 1.4,
    "vigorously": 1.6, "very": 1.3, "really": 1.3, "extremely": 1.7, "much": 1.4, "more": 1.25, "less": 0.7,
    "super": 1.6, "highly": 1.4, "exaggerated": 1.8, "far": 1.4,
}  # fmt: skip
COUNTS: dict[str, int] = {
    "once": 1, "one time": 1, "twice": 2, "two times": 2, "thrice": 3, "three times": 3, "four times": 4,
    "five times": 5, "six times": 6, "a few times": 3, "several times": 4, "a couple of times": 2,
    "a couple times": 2,
}  # fmt: skip
THROUGHOUT = (
    "throughout", "all the time", "constantly", "continuously", "repeatedly", "again and again",
    "the whole time", "always",
)  # fmt: skip
HOLDS = ("keep", "keeping", "hold", "holding", "stay", "staying", "remain", "kept", "held")
ANCHORS: dict[str, str] = {
    "key word": "stressed words", "key words": "stressed words", "keywords": "stressed words",
    "keyword": "stressed words", "stressed words": "stressed words", "stressed word": "stressed words",
    "stressed syllables": "stressed words", "important words": "stressed words", "emphasis": "stressed words",
    "emphasized words": "stressed words", "emphasised words": "stressed words", "accents": "stressed words",
    "every word": "stressed words", "strong words": "stressed words", "beats": "stressed words",
    "beat": "stressed words", "main points": "stressed words", "key points": "stressed words",
    "new sentences": "phrase starts", "each sentence": "phrase starts", "every sentence": "phrase starts",
    "each phrase": "phrase starts", "every phrase": "phrase starts", "phrase starts": "phrase starts",
    "phrase ends": "phrase ends", "sentence ends": "phrase ends", "end of each sentence": "phrase ends",
    "end of every sentence": "phrase ends", "end of each phrase": "phrase ends",
    "end of sentences": "phrase ends", "end of phrases": "phrase ends", "pauses": "phrase ends",
    "each pause": "phrase ends", "every pause": "phrase ends", "pause": "phrase ends",
}  # fmt: skip
PLACES: dict[str, str] = {
    "at the start": "start", "at the beginning": "start", "first": "start", "in the beginning": "start",
    "at the end": "end", "in the end": "end", "finally": "end", "at last": "end", "to finish": "end",
    "in the middle": "middle", "halfway": "middle", "midway": "middle",
}  # fmt: skip
FILLERS = frozenset(
    (
        "give gives giving show shows a an the and with of to your his her their its my our head heads on in "
        "at by for as like is be it from so then while while during delivery speech speaking style "
        "manner way "
        "motion motions movement movements move moves moving pose tone mood speaker person voice but not too "
        "also some use using make making let please each every word words key when he she they who that this "
        "about after before into over side toward towards times time keep again posture gesture gestures "
        "shoulder camera viewer frame look feel feeling seconds second s sec between through yourself "
        "himself "
        "herself oneself go goes going do does doing now sentence "
    ).split()
)
