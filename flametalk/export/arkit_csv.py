"""ARKit CSV: the table of Live Link Face, which Unreal and many tools import.

The 52 weights are solved (`motion.arkit`), whatever `blendshapes` says. Turns of the head and of the eyes are
in half-turns, as Unreal's own ARKit source writes them; `motion.live_link.write_live_link` has other units.
Unreal takes the name of the subject from a file called <slate>_<take>_<subject>_cal.csv.
"""

from pathlib import Path

from ..clip import Clip
from ..head import Head
from ..motion.arkit import to_arkit
from ..motion.live_link import write_live_link
from .settings import ExportSettings


def write_arkit_csv(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """61 channels a frame with timecodes from 00:00:00:00 on; identity and translation have no place."""
    write_live_link(to_arkit(clip, head), path)
