"""401 angles of the 2 pi experiment in one run, against a loop of plain `qutip.sesolve` in the same process.

Both give the mean energy just after connecting. mesodyn makes the whole run: record, heat distribution, all findings
and what theory expects. QuTiP solves the rotation alone, with its default tolerances, in the four states of the sector.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import qutip

import mesodyn as md

ZEEMAN, DURATION, ANGLES, SAMPLE = 60.0, 20.0, 401, 20


def _run() -> Any:
    turns = md.axis("turns", 0, 4, ANGLES)
    return md.experiment("two-pi-rotation", turns=turns, ramp="uniform", zeeman=ZEEMAN, rotation_time=DURATION).run()


def _plain_qutip() -> Callable[[float], float]:
    """A function of the turns: the mean energy just after connecting, by `sesolve` in the laboratory frame."""
    pair = md.TrapPair(zeeman=ZEEMAN)
    kept = pair.space.sector(1)
    part = {name: qutip.Qobj(found.full()[np.ix_(kept, kept)]) for name, found in pair.operators.items()}
    start = qutip.Qobj(np.full(4, 0.5))

    def energy(turns: float) -> float:
        rate = 2 * np.pi * turns / DURATION
        turning = [
            [-ZEEMAN * part["B.x"], lambda t: np.cos(rate * t)],
            [-ZEEMAN * part["B.y"], lambda t: np.sin(rate * t)],
        ]
        rotating = [-ZEEMAN * part["A.x"], *turning]
        end = qutip.sesolve(rotating, start, [0, DURATION], options={"nsteps": 100_000}).states[-1]
        across, along = np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)
        field = -ZEEMAN * (part["A.x"] + across * part["B.x"] + along * part["B.y"])
        return float(qutip.expect(part["link"] + field, end))

    return energy


def test_401_angles_in_one_run(benchmark: Any) -> None:
    run = _run()
    benchmark(_run)
    chosen = np.linspace(0, 4, ANGLES)[:: ANGLES // SAMPLE]
    energy = _plain_qutip()
    begin = time.perf_counter()
    plain = [energy(float(turns)) for turns in chosen]
    each = (time.perf_counter() - begin) / len(chosen)
    ours = run.record.energy.isel(moment=-2).sel(turns=chosen, method="nearest").values
    assert str(run.record.segment.values[-2]) == "connect"
    ratio = each / (benchmark.stats.stats.median / ANGLES)
    benchmark.extra_info |= {"qutip_ms_per_angle": 1e3 * each, "times_faster": ratio}
    benchmark.extra_info["largest_deviation"] = float(np.abs(ours - plain).max())
    print(f"\nplain sesolve {1e3 * each:.2f} ms an angle; mesodyn {ratio:.0f} times faster", benchmark.extra_info)
    assert np.abs(ours - plain).max() < 1e-4  # sesolve's own error at its default tolerances


def test_smooth_ramps(benchmark: Any) -> None:
    turns = md.axis("turns", 0, 4, 81)
    benchmark(lambda: md.experiment("two-pi-rotation", turns=turns, ramp="smooth").run())
