"""What ARKit's weights and another head keep of speech: `python -m scripts.measure_retarget`.

20 s of babble by the performer; the other head is the suite's own (`tests/motion/second_head.py`): another
mesh, person, size and basis, with FLAME's regions.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from motion.second_head import second_head
from perform.performances import babble_score

from flametalk.head import Head
from flametalk.motion.arkit import to_arkit
from flametalk.motion.retarget import retarget
from flametalk.motion.retarget_report import measure_retarget
from flametalk.perform.performer import perform_score


def main() -> None:
    own = Head.load()
    other = second_head(own).head
    score, _ = babble_score(20)
    clip = perform_score(score, own, seed=1, emotion="happy")
    to_arkit(clip, own)  # compiled
    print(to_arkit(clip, own))
    there = retarget(clip, other)
    back = retarget(there, own, source=other)
    for name, report in (
        ("there", measure_retarget(clip, there, other, own)),
        ("back", measure_retarget(there, back, own, other)),
    ):
        print(f"{name}\n" + "\n".join(f"  {line}" for line in report.lines()))


if __name__ == "__main__":
    main()
