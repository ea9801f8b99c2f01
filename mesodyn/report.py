"""The report: one HTML file that holds everything it shows, for the screen, light or dark, and for paper."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Literal

from mesodyn.errors import InputError

Row = Mapping[str, Any]
"""One row of a table: texts by the names of the columns; what is missing or None stays empty."""

VERDICTS = {True: ("pass", "✓ pass"), False: ("fail", "✗ fail"), None: ("open", "not compared")}


@dataclass(frozen=True)
class Picture:
    """A figure or an animation, as the bytes of its file."""

    title: str
    caption: str
    data: bytes
    mime: Literal["image/svg+xml", "image/png", "image/gif", "video/mp4"]


@dataclass(frozen=True)
class Table:
    """A section of its own: paragraphs, and rows of texts under their headings.

    `widget` is HTML that the program itself has made, not text; it comes last.
    """

    title: str
    text: Sequence[str] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    widget: str = ""


@dataclass(frozen=True)
class Page:
    """What a report says, as plain text; numbers come formatted.

    Parameters
    ----------
    title, summary : str
        The experiment and one sentence on what came out.
    meaning : sequence of str
        Paragraphs.
    findings : sequence of rows
        With ``name, value, unit, expected, tolerance, passed, equation, meaning``; `passed` is True, False or None.
    parameters : sequence of rows
        With ``name, value, meaning``.
    figures : sequence of Picture
        In the order in which they appear.
    provenance : sequence of rows
        With ``name, value``.
    tables : sequence of Table
        Sections between the findings and the figures.
    """

    title: str
    summary: str
    meaning: Sequence[str] = ()
    findings: Sequence[Row] = ()
    parameters: Sequence[Row] = ()
    figures: Sequence[Picture] = ()
    provenance: Sequence[Row] = field(default=())
    tables: Sequence[Table] = ()


def write(path: Path, page: Page) -> None:
    """Write the report as one file that needs nothing else and loads nothing.

    Parameters
    ----------
    path : Path
        The HTML file; it is there only when it is whole.
    page : Page
        What it says.

    Raises
    ------
    InputError
        A picture is of a kind that no page can hold.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "report.html"
    >>> write(file, Page("Two-pi rotation", "The energy rises by twice the tunnelling."))
    >>> "<h1>Two-pi rotation</h1>" in file.read_text(encoding="utf-8")
    True
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        temporary.write_text(html(page), encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def html(page: Page) -> str:
    """Give the report as text."""
    sections = [
        _section("What it means", "".join(f"<p>{_text(p)}</p>" for p in page.meaning)),
        _section("Findings", _findings(page.findings)),
        *(_section(table.title, _own(table)) for table in page.tables),
        _section("Figures", "".join(_picture(picture) for picture in page.figures)),
        _section(
            "Parameters", _table(page.parameters, ("Parameter", "Value", "Meaning"), ("name", "value", "meaning"))
        ),
        _section("Provenance", _table(page.provenance, ("Item", "Value"), ("name", "value"), "quiet")),
    ]
    return _FRAME.format(
        title=_text(page.title),
        summary=_text(page.summary),
        verdict=_verdict(page.findings),
        body="\n".join(section for section in sections if section),
        style=_STYLE,
        script=_SCRIPT,
    )


def _text(value: object) -> str:
    return "" if value is None else escape(str(value))


def _section(heading: str, content: str) -> str:
    if not content:
        return ""
    mark = heading.lower().replace(" ", "-")
    return f'<section aria-labelledby="{mark}"><h2 id="{mark}">{heading}</h2>{content}</section>'


def _own(table: Table) -> str:
    """The content of a section: paragraphs, rows, widget."""
    begin = "".join(f"<p>{_text(paragraph)}</p>" for paragraph in table.text)
    lines = [
        f'<tr><th scope="row">{_text(row[0])}</th>'
        + "".join(f'<td class="value">{_text(c)}</td>' for c in row[1:])
        + "</tr>"
        for row in table.rows
    ]
    heads = [_text(head) for head in table.heads]
    return begin + (_scrolling(_text(table.title), heads, lines) if lines else "") + table.widget


def _verdict(findings: Sequence[Row]) -> str:
    """Say in one line how many findings agree with what theory expects."""
    compared = [bool(row["passed"]) for row in findings if row.get("passed") is not None]
    if not compared:
        return ""
    kind, _ = VERDICTS[all(compared)]
    words = f"{sum(compared)} of {len(compared)} compared findings agree with theory"
    return f'<p class="verdict"><span class="badge {kind}">{words}</span></p>'


def _findings(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    heads = ("Finding", "Value", "Expected", "Tolerance", "Verdict", "Equation")
    lines = []
    for row in rows:
        kind, word = VERDICTS[None if row.get("passed") is None else bool(row["passed"])]
        unit = _text(row.get("unit"))
        numbers = [_number(row.get(key), unit) for key in ("value", "expected", "tolerance")]
        meaning = f"<small>{_text(row['meaning'])}</small>" if row.get("meaning") else ""
        lines.append(
            f'<tr><th scope="row"><span class="name">{_text(row.get("name"))}</span>{meaning}</th>{"".join(numbers)}'
            f'<td><span class="badge {kind}">{word}</span></td><td>{_text(row.get("equation"))}</td></tr>'
        )
    return _scrolling("Findings", heads, lines)


def _number(value: object, unit: str) -> str:
    text = _text(value)
    after = f'&nbsp;<span class="unit">{unit}</span>' if text and unit else ""
    return f'<td class="number">{text}{after}</td>'


def _table(rows: Sequence[Row], heads: Sequence[str], keys: Sequence[str], kind: str = "") -> str:
    if not rows:
        return ""
    lines = [
        f'<tr><th scope="row"><span class="name">{_text(row.get(keys[0]))}</span></th>'
        + "".join(f'<td class="{key}">{_text(row.get(key))}</td>' for key in keys[1:])
        + "</tr>"
        for row in rows
    ]
    return _scrolling(heads[0] + "s", heads, lines, kind)


def _scrolling(label: str, heads: Iterable[str], lines: Iterable[str], kind: str = "") -> str:
    """Wrap a table so that on a narrow screen it scrolls by itself, also with the keyboard."""
    head = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<div class="scroll {kind}" role="region" aria-label="{label}" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _picture(picture: Picture) -> str:
    title, caption = _text(picture.title), _text(picture.caption)
    if picture.mime not in ("image/svg+xml", "image/png", "image/gif", "video/mp4"):
        raise InputError("mime", "image/svg+xml, image/png, image/gif or video/mp4", picture.mime)
    source = f"data:{picture.mime};base64,{base64.b64encode(picture.data).decode('ascii')}"
    if picture.mime == "video/mp4":
        shown = f'<video controls loop muted playsinline src="{source}" aria-label="{title}"></video>'
    else:
        alt = f"{title}. {caption}" if caption else title
        moving = ' class="moving"' if picture.mime == "image/gif" else ""
        shown = (
            f'<button type="button" class="zoom" aria-label="Enlarge: {title}">'
            f'<img{moving} src="{source}" alt="{alt}"></button>'
        )
    return f"<figure>{shown}<figcaption><strong>{title}</strong> {caption}</figcaption></figure>"


_STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1b2130;--muted:#5b6475;--line:#dfe3ea;--wash:#f5f7fa;--accent:#2456c8;
--pass:#0b6b3a;--pass-wash:#e2f4e9;--fail:#a81c1c;--fail-wash:#fde8e8;--open:#4d5668;--open-wash:#eceff4}
@media screen and (prefers-color-scheme:dark){:root{--paper:#12161f;--ink:#e6e9f0;--muted:#9aa5b8;--line:#2c3444;
--wash:#1a202c;--accent:#8fb2ff;--pass:#7fdca6;--pass-wash:#12331f;--fail:#ff9d9d;--fail-wash:#401a1d;--open:#b4bdcc;
--open-wash:#262e3c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
header,main,footer{max-width:62rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3.5rem}
h1{font-size:clamp(1.7rem,4.5vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:0 0 .6rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;letter-spacing:-.01em;margin:3rem 0 1rem;padding-bottom:.4rem;border-bottom:1px solid var(--line)}
p{max-width:44rem;margin:0 0 1rem}
.summary{font-size:1.2rem;line-height:1.5;color:var(--muted)}
.badge{display:inline-block;padding:.15em .7em;border-radius:1em;font-size:.85rem;font-weight:600;white-space:nowrap;
color:var(--open);background:var(--open-wash)}
.badge.pass{color:var(--pass);background:var(--pass-wash)}
.badge.fail{color:var(--fail);background:var(--fail-wash)}
.verdict .badge{font-size:.95rem;white-space:normal}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.6rem}
table{border-collapse:collapse;width:100%;font-size:.92rem;line-height:1.45}
th,td{padding:.6rem .9rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);min-width:5rem;
max-width:26rem;overflow-wrap:break-word}
tbody tr:last-child>*{border-bottom:0}
thead th{background:var(--wash);color:var(--muted);font-size:.8rem;font-weight:600}
tbody th{font-weight:400;min-width:11rem}
.name{font-weight:600;overflow-wrap:anywhere}
small{display:block;color:var(--muted);font-size:.85rem}
.number,.value{font-variant-numeric:tabular-nums}
.unit{color:var(--muted)}
.quiet table{font-size:.85rem;color:var(--muted)}
.quiet th,.quiet td{padding:.35rem .9rem}
.quiet .name{font-weight:400}
figure{margin:0 0 2.2rem}
.zoom{display:block;width:100%;padding:0;border:1px solid var(--line);border-radius:.6rem;background:#fff;
overflow:hidden;cursor:zoom-in}
figure img,figure canvas,video{display:block;width:100%;max-width:100%;height:auto;max-height:36rem;object-fit:contain;
background:#fff;padding:.75rem}
video{border:1px solid var(--line);border-radius:.6rem}
figure [hidden]{display:none}
figcaption{margin-top:.6rem;max-width:44rem;font-size:.92rem;color:var(--muted)}
figcaption strong{color:var(--ink)}
.pause{margin-right:.7rem;padding:.2em .9em;border:1px solid var(--line);border-radius:1em;background:var(--wash);
color:var(--ink);font:600 .85rem system-ui,sans-serif;cursor:pointer}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
dialog{width:96vw;height:94vh;max-width:none;max-height:none;padding:.5rem;border:0;border-radius:.6rem;background:#fff;
cursor:zoom-out}
dialog::backdrop{background:#0009}
dialog img{width:100%;height:100%;object-fit:contain}
footer{margin-top:3rem;padding-top:1rem;padding-bottom:3rem;color:var(--muted);font-size:.85rem}
@media print{body{font-size:10pt}header{padding-top:0}h2{margin-top:1.6rem;break-after:avoid}.pause{display:none}
figure,tr{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}
table{font-size:8.5pt}th,td{min-width:0;padding:.35rem .5rem;overflow-wrap:anywhere}.number{min-width:6.5rem}
header,main,footer{max-width:none;padding:0}
.badge{border:1px solid currentcolor}figure img{max-height:16cm}}
"""

# A figure is enlarged in a dialog; a GIF pauses on its first frame, at once for those who asked for less motion.
_SCRIPT = """
const dialog = document.querySelector("dialog"), large = dialog.querySelector("img");
for (const button of document.querySelectorAll(".zoom")) button.addEventListener("click", () => {
  const small = button.querySelector("img");
  large.src = small.src; large.alt = small.alt; dialog.showModal();
});
dialog.addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => large.removeAttribute("src"));
for (const moving of document.querySelectorAll(".moving")) {
  const still = document.createElement("canvas"), button = document.createElement("button");
  const show = paused => {
    if (paused) {
      still.width = moving.naturalWidth; still.height = moving.naturalHeight;
      still.getContext("2d").drawImage(moving, 0, 0);
    }
    still.hidden = !paused; moving.hidden = paused; button.textContent = paused ? "Play" : "Pause";
  };
  button.type = "button"; button.className = "pause"; still.hidden = true;
  button.addEventListener("click", () => show(!moving.hidden));
  moving.after(still); moving.closest("figure").querySelector("figcaption").prepend(button);
  moving.decode().then(() => show(matchMedia("(prefers-reduced-motion: reduce)").matches));
}
"""

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; media-src data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} | mesodyn</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header><h1>{title}</h1><p class="summary">{summary}</p>{verdict}</header>
<main>
{body}
</main>
<footer>Made by mesodyn. This file holds all that it shows and works without a network.</footer>
<dialog aria-label="Enlarged figure"><img alt=""></dialog>
<script>{script}</script>
</body>
</html>
"""
