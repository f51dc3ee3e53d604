"""The columns of a report: what is measured of every pair of clips, in which unit, which way is better."""

from dataclasses import dataclass
from typing import Literal

from ..errors import UnknownNameError

Better = Literal["lower", "higher", "truth"]
ARROWS = {"lower": "↓", "higher": "↑", "truth": "→"}


@dataclass(frozen=True)
class Column:
    """One number a clip."""

    key: str
    title: str
    unit: str
    better: Better  # "truth": as near as possible to what the truth itself has
    how: str

    @property
    def heading(self) -> str:
        """For tables: title, unit and direction."""
        unit = f" [{self.unit}]" if self.unit else ""
        return f"{self.title}{unit} {ARROWS[self.better]}"


COLUMNS = {
    column.key: column
    for column in (
        Column("mve", "MVE", "mm", "lower", "mean distance, every vertex, world space"),
        Column("mve_face", "MVE face", "mm", "lower", "mean distance over the face, without head motion"),
        Column("lve", "LVE", "mm²", "lower", "max_sq: largest squared lip distance of a frame, face space"),
        Column("lve_l2", "LVE l2", "mm", "lower", "max_l2: largest lip distance of a frame, face space"),
        Column("lve_rms", "LVE rms", "mm", "lower", "rms_mm: ARTalk's, canonical space"),
        Column("lve_world", "LVE world", "mm²", "lower", "max_sq with the motion of the head"),
        Column("mhd", "MHD", "mm", "lower", "ARTalk's: root mean square over vertices, canonical space"),
        Column("ufve", "UFVE", "mm", "lower", "mean distance over eye region, forehead and nose, face space"),
        Column("fdd", "FDD", "mm²", "lower", "absolute: std over time of squared displacement, upper face"),
        Column("fdd_signed", "FDD signed", "mm²", "truth", "truth minus prediction: positive is too stiff"),
        Column("ufdd_artalk", "UFDD ARTalk", "cm", "lower", "unbiased std over time of x + y + z, × 100"),
        Column("f_lmd", "F-LMD", "mm", "lower", "mean distance of the 68 landmarks, world space"),
        Column("closures", "closures", "", "higher", "part of the truth's lip closures that are kept"),
        Column("r_truth", "mouth r", "", "higher", "correlation of mouth aperture with the truth's"),
        Column("r_audio", "audio r", "", "truth", "correlation of mouth aperture with the envelope"),
        Column("lag_audio", "lag", "s", "truth", "lag at which that is best; positive: the mouth is late"),
        Column("ba7", "BA 7", "", "truth", "beat alignment, σ² = 7 frames²"),
        Column("ba8", "BA 8", "", "truth", "beat alignment, σ² = 8 frames²"),
        Column("ba9", "BA 9", "", "truth", "beat alignment, σ² = 9 frames²"),
        Column("jerk_lips", "jerk lips", "m/s³", "truth", "mean third derivative of the lips, face space"),
        Column("pose_variance", "pose variance", "°²", "truth", "variance of head rotation, sum of axes"),
        Column("glo", "Glo", "mm²", "truth", "variance of the nose's landmarks, world space"),
        Column("exp", "Exp", "mm²", "truth", "variance of brow and eye landmarks, face space"),
        Column("dglo", "DGlo", "mm²", "lower", "|Glo − Glo of the truth|"),
        Column("dexp", "DExp", "mm²", "lower", "|Exp − Exp of the truth|"),
        Column("blinks", "blinks", "/min", "truth", "times the lids close"),
        Column("blink_length", "blink length", "s", "truth", "below 70 % of the usual opening"),
        Column("shape_spread", "shape spread", "σ", "lower", "std over time of the shape coefficients"),
        Column("diversity", "diversity", "mm", "truth", "mean distance between samples of one input"),
    )
}
HEADLINE = ("mve", "mve_face", "lve", "lve_rms", "ufve", "fdd", "closures", "r_truth", "ba9", "pose_variance")


def choose_columns(names: str | None, present: set[str]) -> tuple[Column, ...]:
    """Columns of a table: the headline ones, all of them ("all"), or those named "lve,mve,…"."""
    if names is None:
        keys = [key for key in HEADLINE if key in present]
    elif names == "all":
        keys = [key for key in COLUMNS if key in present]
    else:
        keys = [name.strip() for name in names.split(",")]
        for key in keys:
            if key not in COLUMNS or key not in present:
                raise UnknownNameError("column", key, present)
    return tuple(COLUMNS[key] for key in keys)
