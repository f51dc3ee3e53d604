"""The frame of an FBX file: header, units and axes, definitions, connections, takes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import numpy as np

from ..errors import InputError
from ..version import __version__
from .fbx_binary import CREATION_TIME, FILE_ID, I32, Node, Property, class_name, group, node
from .fbx_frames import Frame

SECOND: Final = 46_186_158_000  # FBX's ticks
TIME_MODES: Final = {120.0: 1, 100.0: 2, 60.0: 3, 50.0: 4, 48.0: 5, 30.0: 6, 25.0: 10, 24.0: 11, 1000.0: 12}
CUSTOM_TIME: Final = 14
CREATOR: Final = f"flametalk {__version__}"


@dataclass
class Objects:
    """Nodes of the Objects section and what connects them; numbers are given in order."""

    nodes: list[Node] = field(default_factory=list)
    links: list[tuple[Property, ...]] = field(default_factory=list)
    ids: count = field(default_factory=lambda: count(1_000_001))

    def add(self, kind: str, name: str, class_: str, subclass: str, *children: Node) -> int:
        """A new object; gives its number."""
        number = next(self.ids)
        self.nodes.append(Node(kind, (number, class_name(name, class_), subclass), children, block=True))
        return number

    def link(self, child: int, parent: int, slot: str | None = None) -> None:
        """`child` belongs to `parent`, or drives its property `slot`."""
        self.links.append(("OO", child, parent) if slot is None else ("OP", child, parent, slot))


def ticks(frames: int, fps: float) -> np.ndarray:
    """FBX times of the frames."""
    return np.rint(np.arange(frames) * (SECOND / fps)).astype(np.int64)


def properties(*rows: Node) -> Node:
    return group("Properties70", *rows)


def p(name: str, kind: str, label: str, flags: str, *values: Property) -> Node:
    """One row of a Properties70 table."""
    return node("P", name, kind, label, flags, *values)


def p_int(name: str, value: int) -> Node:
    return p(name, "int", "Integer", "", I32(value))


def p_double(name: str, value: float) -> Node:
    return p(name, "double", "Number", "", float(value))


def p_time(name: str, value: int) -> Node:
    return p(name, "KTime", "Time", "", int(value))


def p_text(name: str, value: str) -> Node:
    return p(name, "KString", "", "", value)


def head_nodes(version: int, frame: Frame, fps: float, stop: int, story: str, stack: str) -> list[Node]:
    """All that stands before the definitions. `story` is the provenance, as text."""
    root = 1_000_000
    return [
        _extension(version, story),
        node("FileId", FILE_ID),
        node("CreationTime", CREATION_TIME),
        node("Creator", CREATOR),
        _global_settings(frame, fps, stop),
        group(
            "Documents",
            node("Count", I32(1)),
            Node(
                "Document",
                (root, "Scene", "Scene"),
                (
                    properties(
                        p("SourceObject", "object", "", ""),
                        p("ActiveAnimStackName", "KString", "", "", stack),
                    ),
                    node("RootNode", 0),
                ),
                block=True,
            ),
        ),
        group("References"),
    ]


def _extension(version: int, story: str) -> Node:
    """Who wrote the file. The date is a fixed one, so that the same clip gives the same bytes."""
    date = zip(("Year", "Month", "Day", "Hour", "Minute", "Second"), (1970, 1, 1, 10, 0, 0), strict=True)
    stamp = [node(name, I32(value)) for name, value in (*date, ("Millisecond", 0))]
    about = {"Title": "", "Subject": "", "Author": "", "Keywords": "", "Revision": "", "Comment": story}
    tool = (("ApplicationVendor", "flametalk"), ("ApplicationName", "flametalk"))
    used = (*tool, ("ApplicationVersion", __version__))
    rows = [p_text("DocumentUrl", ""), p_text("SrcDocumentUrl", "")]
    for moment in ("Original", "LastSaved"):
        rows.append(p(moment, "Compound", "", ""))
        rows += [p_text(f"{moment}|{name}", value) for name, value in used]
    return group(
        "FBXHeaderExtension",
        node("FBXHeaderVersion", I32(1003)),
        node("FBXVersion", I32(version)),
        node("EncryptionType", I32(0)),
        group("CreationTimeStamp", node("Version", I32(1000)), *stamp),
        node("Creator", CREATOR),
        Node(
            "SceneInfo",
            (class_name("GlobalInfo", "SceneInfo"), "UserData"),
            (
                node("Type", "UserData"),
                node("Version", I32(100)),
                group(
                    "MetaData",
                    node("Version", I32(100)),
                    *(node(name, value) for name, value in about.items()),
                ),
                properties(*rows),
            ),
        ),
    )


def _global_settings(frame: Frame, fps: float, stop: int) -> Node:
    """Units and axes; the coordinate axis is always +x, the subject's left."""
    mode = TIME_MODES.get(fps, CUSTOM_TIME)
    if not 0 < fps <= 1000:
        raise InputError(f"FBX holds up to 1000 frames a second, got {fps:g}")
    return group(
        "GlobalSettings",
        node("Version", I32(1000)),
        properties(
            p_int("UpAxis", frame.up[0]),
            p_int("UpAxisSign", frame.up[1]),
            p_int("FrontAxis", frame.front[0]),
            p_int("FrontAxisSign", frame.front[1]),
            p_int("CoordAxis", 0),
            p_int("CoordAxisSign", 1),
            p_int("OriginalUpAxis", frame.up[0]),
            p_int("OriginalUpAxisSign", frame.up[1]),
            p_double("UnitScaleFactor", frame.unit * 100),
            p_double("OriginalUnitScaleFactor", frame.unit * 100),
            p("AmbientColor", "ColorRGB", "Color", "", 0.0, 0.0, 0.0),
            p_text("DefaultCamera", "Producer Perspective"),
            p("TimeMode", "enum", "", "", I32(mode)),
            p_time("TimeSpanStart", 0),
            p_time("TimeSpanStop", stop),
            p_double("CustomFrameRate", fps if mode == CUSTOM_TIME else -1.0),
        ),
    )


def definitions(nodes: Sequence[Node]) -> Node:
    """How many objects of each kind follow."""
    counts = Counter(each.name for each in nodes) + Counter({"GlobalSettings": 1})
    return group(
        "Definitions",
        node("Version", I32(100)),
        node("Count", I32(counts.total())),
        *(
            Node("ObjectType", (kind,), (node("Count", I32(number)),))
            for kind, number in sorted(counts.items())
        ),
    )


def connections(links: Sequence[tuple[Property, ...]]) -> Node:
    return Node("Connections", (), (node("C", *each) for each in links), block=True)


def takes(stack: str, stop: int) -> Node:
    span = (node("LocalTime", 0, stop), node("ReferenceTime", 0, stop))
    return group(
        "Takes", node("Current", stack), Node("Take", (stack,), (node("FileName", f"{stack}.tak"), *span))
    )
