"""The table of a report as text, Markdown, LaTeX and HTML. Best in bold, † for significantly worse."""

import html
from dataclasses import dataclass
from typing import Any

import numpy as np

from .columns import ARROWS, Column
from .evaluation import SURE, TRUTH, Evaluation
from .statistics import Summary

DAGGER = "†"
DASH = "–"
LATEX = {"²": "$^2$", "³": "$^3$", "°": "$^\\circ$", "σ": "$\\sigma$", "−": "$-$",
         "%": "\\%", "_": "\\_", "&": "\\&", "#": "\\#", "$": "\\$", "{": "\\{", "}": "\\}",
         "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\\": "\\textbackslash{}",
         "<": "$<$", ">": "$>$", "|": "$|$",
         "↓": "$\\downarrow$", "↑": "$\\uparrow$", "→": "$\\rightarrow$"}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One number of the table."""

    summary: Summary
    best: bool = False
    worse: bool = False  # significantly


@dataclass(frozen=True, eq=False)
class Table:
    """Methods in rows, columns as chosen; the truth's own values come last where it has any."""

    evaluation: Evaluation
    columns: tuple[Column, ...]

    @property
    def rows(self) -> list[tuple[str, list[Cell]]]:
        """Name and cells of each row."""
        made = [
            (method, [self._cell(method, column) for column in self.columns])
            for method in self.evaluation.methods
        ]
        truth = [Cell(self.evaluation.summary(TRUTH, column.key)) for column in self.columns]
        return made + ([(TRUTH, truth)] if any(cell.summary.count for cell in truth) else [])

    def _cell(self, method: str, column: Column) -> Cell:
        several = len(self.evaluation.methods) > 1
        best = several and self.evaluation.best(column.key) == method
        p = self.evaluation.significance(column.key).get(method, 1.0) if several else 1.0
        return Cell(self.evaluation.summary(method, column.key), best, p < SURE)

    @property
    def note(self) -> str:
        """What the signs mean."""
        clips = max(len(clips) for clips in self.evaluation.clips.values())
        told = f"Mean over {clips} clips, 95 % bootstrap interval. "
        told += "↓ lower, ↑ higher, → nearer to the truth is better."
        if len(self.evaluation.methods) > 1:
            told += f" {DAGGER} worse than the best: paired sign-flip test, Holm-corrected p < {SURE:g}."
        return told

    # --- spellings ----------------------------------------------------------------------------

    def text(self) -> str:
        """For terminals."""
        lines = [["", *(column.heading for column in self.columns)]]
        for name, cells in self.rows:
            lines.append([name, *(self._plain(cell, "*" if cell.best else "") for cell in cells)])
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        rows = [
            "  ".join(
                value.ljust(w) if i == 0 else value.rjust(w)
                for i, (value, w) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        ]
        return "\n".join([*rows, self.note + (" * best." if len(self.evaluation.methods) > 1 else "")])

    def _plain(self, cell: Cell, mark: str = "") -> str:
        mean, spread = numbers(cell.summary)
        return f"{mean}{mark}{DAGGER if cell.worse else ''}{f' ({spread})' if spread else ''}"

    def markdown(self) -> str:
        """For READMEs and issues."""
        lines = ["| | " + " | ".join(column.heading for column in self.columns) + " |"]
        lines.append("| --- |" + " ---: |" * len(self.columns))
        for name, cells in self.rows:
            told = []
            for cell in cells:
                mean, spread = numbers(cell.summary)
                mean = f"**{mean}**" if cell.best else mean
                told.append(f"{mean}{DAGGER if cell.worse else ''}" + (f" ({spread})" if spread else ""))
            lines.append(f"| {name} | " + " | ".join(told) + " |")
        return "\n".join(lines) + f"\n\n{self.note}\n"

    def latex(self) -> str:
        """For papers: needs booktabs; the interval stands small under its mean."""
        heads = [
            r"\shortstack{"
            + _tex(f"{c.title} {ARROWS[c.better]}")
            + (r"\\{\scriptsize " + _tex(c.unit) + "}" if c.unit else "")
            + "}"
            for c in self.columns
        ]
        lines = [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}[t]",
            r"\centering\small",
            r"\begin{tabular}{l" + "c" * len(self.columns) + "}",
            r"\toprule",
            "Method & " + " & ".join(heads) + r" \\",
            r"\midrule",
        ]
        for name, cells in self.rows:
            told = []
            for cell in cells:
                mean, spread = numbers(cell.summary)
                mean = r"\textbf{" + mean + "}" if cell.best else mean
                mean += r"$^\dagger$" if cell.worse else ""
                told.append(
                    r"\shortstack{"
                    + _tex(mean, signs=True)
                    + (r"\\{\scriptsize " + spread.replace(DASH, "--") + "}" if spread else "")
                    + "}"
                )
            if name == TRUTH:
                lines.append(r"\midrule")
            lines.append(_tex(name) + " & " + " & ".join(told) + r" \\")
        lines += [
            r"\bottomrule",
            r"\end{tabular}",
            r"\caption{" + _tex(self.note).replace(DAGGER, r"$^\dagger$") + "}",
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        heads = "".join(
            f'<th title="{html.escape(c.how)}">{html.escape(c.title)} {ARROWS[c.better]}'
            f"{f'<br><small>{html.escape(c.unit)}</small>' if c.unit else ''}</th>"
            for c in self.columns
        )
        body = ""
        for name, cells in self.rows:
            told = ""
            for cell in cells:
                mean, spread = numbers(cell.summary)
                mean = f"<b>{mean}</b>" if cell.best else mean
                mean += f"<sup>{DAGGER}</sup>" if cell.worse else ""
                told += f"<td>{mean}{f'<br><small>{spread}</small>' if spread else ''}</td>"
            kind = ' class="truth"' if name == TRUTH else ""
            body += f"<tr{kind}><th>{html.escape(name)}</th>{told}</tr>"
        return (
            f'<table class="flametalk"><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table>'
            f"<p><small>{html.escape(self.note)}</small></p>"
        )


def numbers(summary: Summary) -> tuple[str, str]:
    """Mean and interval with as many decimals as the interval calls for."""
    if np.isnan(summary.mean):
        return DASH, ""
    spread = summary.high - summary.low if summary.count > 1 else abs(summary.mean) / 10
    decimals = int(np.clip(2 - np.floor(np.log10(spread)), 0, 6)) - 1 if spread > 1e-12 else 3
    decimals = max(decimals, 0)
    mean = f"{summary.mean:.{decimals}f}"
    if summary.count < 2:
        return mean, ""
    return mean, f"{summary.low:.{decimals}f} {DASH} {summary.high:.{decimals}f}"


def _tex(text: str, signs: bool = False) -> str:
    """Text that LaTeX prints as it stands; with `signs` it is LaTeX already but for its signs."""
    if signs:
        return text.replace("−", "$-$").replace(DASH, "--")
    return "".join(LATEX.get(sign, sign) for sign in text).replace(DASH, "--")


def as_json(table: Table) -> list[dict[str, Any]]:
    """Rows of means and intervals; NaN becomes null."""

    def real(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return [
        {"method": name}
        | {
            c.key: {"mean": real(s.mean), "low": real(s.low), "high": real(s.high), "clips": s.count}
            for c, s in zip(table.columns, (cell.summary for cell in cells), strict=True)
        }
        for name, cells in table.rows
    ]
