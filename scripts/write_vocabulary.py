"""The vocabulary in docs/control.md, written anew from the code: `python -m scripts.write_vocabulary`."""

from pathlib import Path

from flametalk.control.pose_words import (
    AMOUNTS,
    ANCHORS,
    COUNTS,
    HALVED,
    HOLDS,
    MOVE_WORDS,
    PLACES,
    SIDES,
    SPEEDS,
    STYLE_WORDS,
    THROUGHOUT,
)
from flametalk.files import atomic_path

PAGE = Path("docs/control.md")
BEGIN, END = "<!-- vocabulary: python -m scripts.write_vocabulary -->\n", "<!-- end of vocabulary -->"


def vocabulary() -> str:
    """Tables of every word that `read_phrase` knows, and how the rest is read."""
    lines = [*_table("style", STYLE_WORDS), "", *_table("gesture", MOVE_WORDS), ""]
    lines += ["| manner | words |", "| --- | --- |"]
    lines += [f"| direction | {_words(SIDES)} |"]
    lines += [f"| speed: times as long | {_numbers(SPEEDS)} |"]
    lines += [
        f"| amount: times as far | {_numbers(AMOUNTS)}; styles at half their size: {_words(HALVED.split())} |"
    ]
    lines += [f"| how often | {_words(COUNTS)}, 7 times, 3 x |"]
    lines += [f"| throughout | {_words(THROUGHOUT)} |"]
    lines += [f"| keep: turns and tilts stay, nods go on | {_words(HOLDS)} |"]
    for moment in dict.fromkeys(ANCHORS.values()):
        lines.append(f"| on {moment} | {_words(w for w, m in ANCHORS.items() if m == moment)} |")
    for place in dict.fromkeys(PLACES.values()):
        said = [word for word, where in PLACES.items() if where == place]
        lines.append(f"| {said[0]} | {_words(said)} |")
    lines += ["| at a time | at 3 seconds, after 2.5 s |"]
    return "\n".join(lines) + "\n"


def page_with(text: str, words: str) -> str:
    """The page, its vocabulary replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + words + END + after


def _table(name: str, given: dict[str, str]) -> list[str]:
    rows = [f"| {name} | words |", "| --- | --- |"]
    for key, text in given.items():
        words, *phrases = text.split("|")
        rows.append(f"| {key} | {_words([*words.split(), *phrases])} |")
    return rows


def _words(words) -> str:
    return ", ".join(words)


def _numbers(given: dict[str, float]) -> str:
    """Words of one size together, smallest first."""
    sizes = sorted(set(given.values()))
    return "; ".join(f"{size:g}: {_words(w for w, s in given.items() if s == size)}" for size in sizes)


def main() -> None:
    with atomic_path(PAGE) as temporary:
        temporary.write_text(page_with(PAGE.read_text("utf-8"), vocabulary()), "utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
