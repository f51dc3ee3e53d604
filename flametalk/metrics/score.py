"""`Score`: a number that knows its name, its unit and how it was computed. It counts as a float."""

from typing import Any


class Score(float):
    """`float(score)` is the plain number; printing it tells the rest."""

    name: str
    unit: str
    how: str  # variant, mask, space: what has to agree before two numbers may be compared

    def __new__(cls, value: float, name: str, unit: str = "", how: str = "") -> "Score":
        score = super().__new__(cls, value)
        score.name, score.unit, score.how = name, unit, how
        return score

    def __getnewargs__(self) -> tuple[Any, ...]:
        return float(self), self.name, self.unit, self.how

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        how = f" ({self.how})" if self.how else ""
        return f"{self.name} {float(self):.4g}{unit}{how}"

    __repr__ = __str__
