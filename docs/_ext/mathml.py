"""Math as MathML, written into the page at build time: no script, no fonts and no network when it is read."""

from __future__ import annotations

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

# The converter knows arrays but not these environments, which are arrays with a certain alignment.
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|align|align\*|split)\}")
# Nor these operators.
OPERATOR = re.compile(r"\\(arg|sgn|artanh)(?![A-Za-z])")
# A bar is taken for a relation and a sign after an equals sign for a difference: both get too much space.
BAR = re.compile(r"<mo[^>]*>&#x0007C;</mo>")
SIGN = re.compile(r"(<mo[^>]*>&#x(?:0003D|00028|0002C);</mo>)<mo>&#x02212;</mo>")
# What it doesn't know it passes on as text.
UNKNOWN = re.compile(r"<m[io]>(\\[A-Za-z]+|&)</m[io]>")


def to_mathml(latex: str, node: nodes.Element, display: str) -> str:
    """MathML of a formula; a command that can't be converted is a warning (and so an error in CI)."""
    latex = ALIGNED.sub(lambda m: r"\begin{array}{rl}" if m[1] == "begin" else r"\end{array}", latex.strip())
    latex = OPERATOR.sub(r"\\operatorname{\1}", latex)
    mathml = convert(latex, display=display)
    if unknown := UNKNOWN.search(mathml):
        logger.warning("math: can't convert %s in %s", unknown[1], latex, location=node)
    mathml = BAR.sub('<mo stretchy="false" lspace="0" rspace="0">|</mo>', mathml)
    return SIGN.sub(r'\1<mo form="prefix">&#x02212;</mo>', mathml)


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """Inline formula."""
    translator.body.append(f'<span class="math">{to_mathml(node.astext(), node, "inline")}</span>')
    raise nodes.SkipNode


def visit_math_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Displayed formula, with its number if it has a label."""
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    parts = [part for part in node.astext().split("\n\n") if part.strip()]
    translator.body.extend(to_mathml(part, node, "block") for part in parts)
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer under the name `mathml`."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
