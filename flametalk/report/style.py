"""How the page looks."""

STYLE = """
:root { color-scheme: light dark; --ink: #222; --soft: #666; --line: #ddd; --paper: #fff; --band: #f6f6f7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --soft: #a0a0a6; --line: #3a3a40; --paper: #17171a; --band: #202024; }
  img, video { background: #fff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1280px; padding: 1.5rem; background: var(--paper); color: var(--ink);
       font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .5rem; text-align: right; white-space: nowrap; }
tbody th { text-align: left; font-weight: 600; }
thead th { border-bottom: 2px solid var(--ink); font-weight: 600; vertical-align: bottom; }
tbody tr { border-bottom: 1px solid var(--line); }
tr.truth { color: var(--soft); }
small, .caption, figcaption { color: var(--soft); font-size: .82rem; }
td small { white-space: nowrap; }
table.all { font-size: .78rem; } table.all thead th { cursor: pointer; }
.long { max-height: 26rem; overflow: auto; border: 1px solid var(--line); border-radius: 6px; }
.long thead th { position: sticky; top: 0; background: var(--band); }
img { width: 100%; height: auto; display: block; border-radius: 6px; }
img + img { margin-top: .6rem; }
figure { margin: 0; width: min(100%, 66rem); }
video { width: 100%; height: auto; display: block; border-radius: 6px; }
.names { display: flex; font-weight: 600; } .names span { flex: 1; text-align: center; }
summary { cursor: pointer; padding: .3rem 0; }
footer { margin-top: 3rem; color: var(--soft); font-size: .82rem; }
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation: {title}</title><style>{style}</style></head><body>
<h1>Evaluation: {title}</h1>
<dl>{facts}</dl>
<h2>Results</h2>
<div class="scroll">{table}</div>
<p class="caption">The same as <a href="table.md">Markdown</a>, <a href="table.tex">LaTeX</a>, and with every
column in <a href="metrics.json">metrics.json</a>.</p>
<img src="plots/columns.svg" alt="columns by method">
<h2>Error over time</h2>
<img src="plots/lip_error.svg" alt="lip error over time">
<img src="plots/upper_face_error.svg" alt="upper face error over time">
<h2>Where the errors are</h2>
<img src="plots/heat_maps.svg" alt="errors painted on the head">
{regions}
{video}
<h2>Curves against the truth</h2>
{curves}
<h2>Every clip</h2>
<div class="long">{everything}</div>
<h2>What the columns mean</h2>
<dl>{formulas}</dl>
<footer>flametalk {version}</footer>
<script>
document.querySelectorAll("table.all thead th").forEach((head, column) => head.onclick = () => {{
  const body = head.closest("table").tBodies[0], up = head.dataset.up = head.dataset.up === "1" ? "" : "1";
  const value = row => {{ const text = row.cells[column].textContent, number = parseFloat(text);
                          return isNaN(number) ? text : number; }};
  const sorted = [...body.rows].sort((a, b) => (value(a) > value(b) ? 1 : -1) * (up ? 1 : -1));
  sorted.forEach(row => body.append(row));
}});
</script></body></html>
"""
