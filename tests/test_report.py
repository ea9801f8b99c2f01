"""The report is one file that loads nothing, escapes everything and opens without a complaint."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from mesodyn import report
from mesodyn.errors import InputError

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><rect width="4" height="3" fill="teal"/></svg>'
GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90400000000002c00000000010001000002024401003b")
NASTY = "<script>alert('x')</script> & \"quoted\""

FINDINGS: list[dict[str, Any]] = [
    {"name": "heat", "value": "2.0", "unit": "Δ", "expected": "2", "tolerance": "1e-7", "passed": True},
    {"name": "period", "value": "12.5", "unit": "rad", "expected": "4π", "tolerance": "0.001", "passed": False},
    {"name": NASTY, "value": NASTY, "unit": NASTY, "passed": None, "equation": NASTY, "meaning": NASTY},
]
PAGE = report.Page(
    title=f"Rotation {NASTY}",
    summary=NASTY,
    meaning=[NASTY, "second"],
    findings=FINDINGS,
    parameters=[{"name": NASTY, "value": NASTY, "meaning": NASTY}],
    figures=[
        report.Picture(NASTY, NASTY, SVG, "image/svg+xml"),
        report.Picture("Film", "It moves.", GIF, "image/gif"),
        report.Picture("Video", "It moves too.", b"", "video/mp4"),
    ],
    provenance=[{"name": "command", "value": NASTY}],
)


class Outline(HTMLParser):
    """Collects tags with their attributes and checks that they are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in {"meta", "link", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def outline():
    parsed = Outline(report.html(PAGE))
    assert parsed.open == []
    return parsed


def test_text_is_escaped_everywhere(outline):
    text = report.html(PAGE)
    assert NASTY not in text and "alert('x')" not in text
    assert text.count("&lt;script&gt;") >= 12
    assert len(outline.all("script")) == 1


def test_nothing_is_loaded_from_elsewhere(outline):
    text = report.html(PAGE)
    assert not re.search(r"https?://|@import|url\(", text)
    sources = [value for _, attributes in outline.tags for key, value in attributes.items() if key in {"src", "href"}]
    assert sources and all(source.startswith("data:") for source in sources)
    policy = next(meta["content"] for meta in outline.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; img-src data:; media-src data:;")


def test_the_page_can_be_read_by_everyone(outline):
    assert outline.all("html") == [{"lang": "en"}]
    assert all(picture.get("alt") is not None for picture in outline.all("img"))
    assert {head["scope"] for head in outline.all("th")} == {"col", "row"}
    assert len(outline.all("h1")) == 1
    assert all(outline.all(landmark) for landmark in ("header", "main", "footer"))
    marks = {attributes["id"] for attributes in outline.all("h2")}
    assert {section["aria-labelledby"] for section in outline.all("section")} == marks


def test_each_figure_is_its_own_data_uri(outline):
    kinds = [attributes["src"].partition(";")[0] for attributes in outline.all("img") if "src" in attributes]
    assert kinds == ["data:image/svg+xml", "data:image/gif"]
    assert outline.all("video")[0]["src"].startswith("data:video/mp4;base64,")


def test_verdicts_are_words_as_well_as_colours():
    text = report.html(PAGE)
    assert '<span class="badge pass">✓ pass</span>' in text
    assert '<span class="badge fail">✗ fail</span>' in text
    assert '<span class="badge open">not compared</span>' in text
    assert "1 of 2 compared findings agree with theory" in text


def test_what_is_empty_has_no_heading():
    text = report.html(report.Page("Bare", "Nothing more."))
    assert "<h2" not in text and 'class="verdict"' not in text


def test_other_kinds_of_pictures_are_refused():
    other: Any = "text/html"
    with pytest.raises(InputError, match="mime must be"):
        report.html(report.Page("a", "b", figures=[report.Picture("a", "b", b"", other)]))


def test_the_file_is_whole_and_alone(tmp_path):
    report.write(tmp_path / "report.html", PAGE)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == report.html(PAGE)


def test_no_drawing_library_is_needed():
    code = "import sys, mesodyn.report; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_browser_opens_it_without_a_complaint(tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("Chromium is not installed; the report was not opened in a browser")
    quiet = PAGE.figures[:2]  # an empty film is no film
    page = report.Page(PAGE.title, PAGE.summary, PAGE.meaning, FINDINGS, PAGE.parameters, quiet, PAGE.provenance)
    report.write(tmp_path / "report.html", page)
    switches = "headless no-sandbox disable-gpu no-first-run disable-background-networking disable-component-update"
    command = [browser, *(f"--{switch}" for switch in switches.split()), "--disable-sync", "--dump-dom"]
    command += [
        f"--user-data-dir={tmp_path / 'profile'}",
        "--enable-logging=stderr",
        "--v=0",
        "--virtual-time-budget=4000",
    ]
    done = subprocess.run([*command, (tmp_path / "report.html").as_uri()], capture_output=True, text=True, timeout=120)
    assert "CONSOLE" not in done.stderr
    assert "</html>" in done.stdout
    # The script ran: the moving picture has its button.
    assert '<button type="button" class="pause">Pause</button>' in done.stdout
