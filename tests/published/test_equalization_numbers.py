"""Phase equalisation against `reference.json`."""

import json
from pathlib import Path

import numpy as np
import pytest

import mesodyn as md
from mesodyn.dynamics.flow import flow
from mesodyn.dynamics.meanfield import LinkedPhases

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))


def test_two_linked_traps_are_the_published_ones():
    for entry in REFERENCE["equalise_quantum"]:
        i, out = entry["inputs"], entry["outputs"]
        given = {"tunnelling": i["J"], "rate": i["Gamma"], "weight": 1 - i["u2"], "duration": i["t"]}
        phases = {"phase_difference": i["phi1"] - i["phi2"], "phase": (i["phi1"] + i["phi2"]) / 2}
        last = md.experiment("phase-equalization", **given, **phases).run().record.isel(moment=-1)
        assert float(last.energy) == pytest.approx(out["E_J"], abs=1e-9)
        assert float(last.imbalance) == pytest.approx(out["n1_minus_n2"], abs=1e-9)
        assert complex(last.coherence) == pytest.approx(complex(out["Re_c1dag_c2"], out["Im_c1dag_c2"]), abs=1e-9)


def test_the_mean_field_near_equal_phases_is_the_published_one():
    for entry in REFERENCE["equalise_meanfield"]:
        i, phi = entry["inputs"], entry["outputs"]["phi"]
        traps = LinkedPhases(tunnelling=i["J"], number_damping=i["g"], phase_damping=i["kappa"])
        away = []
        for share in (1.0, 0.1):  # the entry is linearised: what it neglects is of third order
            start = traps.state(share * i["phi0"], 2 * share * i["m0"])
            x, y, _ = flow(traps.slope, start, np.array([0.0, i["t"]]), tolerance=1e-13)[-1]
            away.append(abs(np.arctan2(y, x) - share * phi))
        assert away[0] < 1e-6 and away[1] < 1.1e-3 * away[0]
        given = {"number_damping": i["g"], "phase_damping": i["kappa"], "phase_difference": i["phi0"]}
        record = md.experiment("phase-equalization", model="mean-field", duration=i["t"], **given).run().record
        assert -np.angle(complex(record.coherence[-1])) == pytest.approx(phi, abs=1e-6)
