"""The website: Sphinx with furo; every picture, animation and example output is made by the build."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

from sphinx.application import Sphinx

import mesodyn

HERE = Path(__file__).parent
GENERATED = HERE / "_generated"
sys.path.insert(0, str(HERE / "_ext"))

from labs import write_labs  # noqa: E402
from parameters import moving, write_parameters  # noqa: E402
from pictures import write_pictures  # noqa: E402
from reference import write_reference  # noqa: E402
from validation import write_validation  # noqa: E402

project = "mesodyn"
author = "the mesodyn developers"
copyright = "2026, the mesodyn developers"
release = installed_version("mesodyn")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "bars",
]
exclude_patterns = ["_build", "_generated", "sg_execution_times.rst"]
# All references must lead somewhere on this site; other projects' objects are named, not linked (no network is used).
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(numpy|np|scipy|xarray|xr|qutip|matplotlib|collections|typing|pathlib|os|click)(\..*)?"),
]

html_theme = "furo"
html_title = "mesodyn"
html_static_path = ["_static"]
html_css_files = ["mesodyn.css"]
html_math_renderer = "mathml"

# A name in single backquotes is code.
default_role = "literal"

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../scenarios",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "gallery.order",
    "image_scrapers": ("gallery.scrape", "matplotlib"),
    "abort_on_example_error": True,
    "write_computation_times": False,
    "download_all_examples": False,
    "show_memory": False,
    "capture_repr": ("_repr_html_",),
    "remove_config_comments": True,
}


def animate_experiments(app: Sphinx) -> None:
    """Run every experiment in which something moves, and write its animation."""
    if app.builder.format == "html":
        GENERATED.mkdir(exist_ok=True)
        for name in moving():
            mesodyn.experiment(name).run().animate(GENERATED / f"{name}.gif")


def setup(app: Sphinx) -> None:
    """Write what the pages include, before Sphinx looks for the pages."""
    write_reference(mesodyn, GENERATED)
    write_labs(GENERATED)
    write_parameters(GENERATED)
    write_validation(GENERATED)
    write_pictures(HERE / "is_it_real.md", GENERATED)
    app.connect("builder-inited", animate_experiments)
