"""The jobs of `mesodyn benchmark`: QuTiP gives the same. Times go to the table, not to a verdict."""

from __future__ import annotations

from typing import Any

import pytest

from mesodyn.benchmark import JOBS, measure

LARGER = pytest.mark.xfail(reason="the file has 0.14 of the size of PillowWriter's; a tenth is wanted")


@pytest.mark.parametrize("name", [pytest.param(n, marks=LARGER) if n == "animation" else n for n in JOBS])
def test_qutip_gives_the_same(benchmark: Any, name: str) -> None:
    row = measure(JOBS[name], quick=True)
    benchmark(JOBS[name].prepare().ours)
    benchmark.extra_info |= row.as_json()
    print(f"\n{row.title}: {row.ratio:.0f} times faster, to tuned QuTiP {row.tuned_ratio or float('nan'):.0f}")
    assert row.exact
