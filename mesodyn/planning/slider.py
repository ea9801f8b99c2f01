"""The slider over the angle: three accounts, drawn and moved by a few lines of script in the page itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
.slide svg{display:block;width:100%;height:auto;background:#fff;border:1px solid var(--line);border-radius:.6rem}
.slide text{font:13px system-ui,sans-serif;fill:#1f2430}
.slide input{width:100%;margin:1rem 0 .3rem;accent-color:var(--accent)}
.slide label{font-weight:600}
.slide table{margin-top:.6rem}
"""

_SCRIPT = """
for (const slide of document.querySelectorAll(".slide")) {
  const data = JSON.parse(slide.querySelector("script[type='application/json']").textContent);
  const input = slide.querySelector("input"), out = slide.querySelector("output");
  const line = slide.querySelector(".here"), dots = slide.querySelectorAll("circle");
  const show = () => {
    const k = Number(input.value), x = 60 + 620 * k / (data.x.length - 1);
    line.setAttribute("x1", x); line.setAttribute("x2", x);
    out.textContent = data.label + " " + data.x[k].toFixed(2) + data.unit;
    data.curves.forEach((curve, n) => {
      dots[n].setAttribute("cx", x);
      dots[n].setAttribute("cy", 250 - 230 * (curve.y[k] - data.low) / (data.high - data.low));
      slide.querySelectorAll("td")[n].textContent = curve.y[k].toFixed(4);
    });
  };
  input.addEventListener("input", show); show();
}
"""
DASHES = ("", "9 5", "2 4")


def slider(
    x: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    colours: Sequence[str],
    *,
    label: str,
    unit: str,
    ylabel: str,
    start: int,
    ends: tuple[float, float] = (0.0, 1.0),
) -> str:
    """HTML of a chart with a slider under it; on paper the chart shows the start.

    Parameters
    ----------
    x
        Where the slider stops.
    curves
        One to three, as long as `x`.
    colours
        One for each.
    label, unit, ylabel
        Of the slider and of the vertical axis.
    start
        Index in `x`.
    ends
        Of the vertical axis.
    """
    low, high = ends
    data: dict[str, Any] = {"x": [round(v, 6) for v in x], "label": label, "unit": unit, "low": low, "high": high}
    data["curves"] = [{"name": name, "y": [round(v, 6) for v in y]} for name, y in curves.items()]

    def across(k: float) -> float:
        return 60 + 620 * k / (len(x) - 1)

    def up(value: float) -> float:
        return 250 - 230 * (value - low) / (high - low)

    parts = []
    for value in (low, (low + high) / 2, high):
        parts.append(f'<line x1="60" x2="680" y1="{up(value):.1f}" y2="{up(value):.1f}" stroke="#dfe3ea"/>')
        parts.append(f'<text x="52" y="{up(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    whole = [k for k, place in enumerate(x) if abs(place * 2 - round(place * 2)) < 1e-9]
    for k in whole:
        parts.append(f'<text x="{across(k):.1f}" y="270" text-anchor="middle">{x[k]:g}</text>')
    rows = []
    for (name, y), colour, dash in zip(curves.items(), colours, DASHES, strict=False):
        path = " ".join(f"{across(k):.1f},{up(value):.1f}" for k, value in enumerate(y))
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.4" stroke-dasharray="{dash}"/>'
        )
        rows.append(
            f'<tr><th scope="row" style="color:{colour}">{escape(name)}</th><td class="number">{y[start]:.4f}</td></tr>'
        )
    here = across(start)
    parts.append(
        f'<line class="here" x1="{here:.1f}" x2="{here:.1f}" y1="20" y2="250" stroke="#6b7280" stroke-dasharray="3 3"/>'
    )
    parts += [
        f'<circle r="5.5" cx="{here:.1f}" cy="{up(y[start]):.1f}" fill="{colour}" stroke="#fff"/>'
        for y, colour in zip(curves.values(), colours, strict=False)
    ]
    axis = f'<text x="60" y="13">{escape(ylabel)}</text>'
    axis += f'<text x="680" y="288" text-anchor="end">{escape(label)}</text>'
    begin = '<svg viewBox="0 0 720 296" role="img"'
    span = f'min="0" max="{len(x) - 1}" value="{start}"'
    here_text = f"{escape(label)} {x[start]:.2f}{escape(unit)}"
    return (
        f'<style>{_STYLE}</style><div class="slide">{begin} aria-label="{escape(ylabel)}">{axis}{"".join(parts)}</svg>'
        f'<label>{escape(label)}<input type="range" {span} aria-label="{escape(label)}"></label>'
        f"<output>{here_text}</output><table><tbody>{''.join(rows)}</tbody></table>"
        f'<script type="application/json">{json.dumps(data)}</script></div><script>{_SCRIPT}</script>'
    )
