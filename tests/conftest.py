"""What tests of the command line share: an empty folder to be in, and runs that draw nothing."""

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from mesodyn.experiments.run import Run

# The same code gets the same verdict; `--hypothesis-profile=search` looks at examples that were never tried.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile("repeatable")
# Hypothesis also tries constants of the modules that are loaded: those depend on which tests ran before in the process.
providers._get_local_constants = Constants


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder to be in."""
    place = tmp_path / "home"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def undrawn(monkeypatch):
    """Runs without figures and report, for where they are not the point."""
    monkeypatch.setattr(Run, "redraw", lambda self, place, at=None: place / "report.html")
