"""A run in blocks that is there to be stopped, damaged and gone on with."""

import shutil

import pytest

from mesodyn import cli
from mesodyn.experiments.run import Run
from tests.sweeps.sweep import TOML


@pytest.fixture(autouse=True)
def sketched(request, monkeypatch):
    """No figures, where they are not the point."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(Run, "redraw", lambda self, place, at=None: (place / "report.html").write_text("drawn"))


@pytest.fixture
def drawn():
    """Figures, where they are the point."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run in blocks, and the file that it was run from."""
    place = tmp_path_factory.mktemp("sweep")
    (place / "sweep.toml").write_text(TOML)
    with pytest.raises(SystemExit) as stop:
        cli.main(["run", str(place / "sweep.toml"), "--out", str(place / "whole"), "--no-animation"])
    assert stop.value.code == 0
    return place / "whole"


@pytest.fixture
def run(whole, tmp_path):
    """A copy of it."""
    return shutil.copytree(whole, tmp_path / "run")


@pytest.fixture
def file(whole):
    return whole.parent / "sweep.toml"
