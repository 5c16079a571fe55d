"""SVG figures prepared for one HTML page."""

from xml.etree import ElementTree

from analysis.figures import Drawing
from analysis.figures.svg_inline import inline_svg, share_styles

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="72.5pt" height="36pt" viewBox="0 0 72.5 36">
 <defs><style type="text/css">*{stroke-linejoin: round}</style></defs>
 <g id="used"><path d="M 1.2345 2.3456" style="stroke: #1b1f24"/></g>
 <g id="unused">  <use href="#used"/></g>
 <text>1.2345 &lt; 2</text>
</svg>"""


def test_the_element_has_no_fixed_size_and_a_title() -> None:
    text = inline_svg(SVG, title='A "title"')
    assert text.startswith('<svg role="img" aria-label="A &#34;title&#34;"')
    assert set(ElementTree.fromstring(text).attrib) == {"role", "aria-label", "viewBox"}


def test_coordinates_are_rounded_texts_are_not_and_unused_ids_are_gone() -> None:
    text = inline_svg(SVG, title="t")
    assert 'd="M 1.2 2.3"' in text
    assert "<text>1.2345 &lt; 2</text>" in text
    assert 'id="used"' in text
    assert "unused" not in text
    assert "stroke-linejoin" not in text


def test_colors_are_the_pages(drawings: list[Drawing]) -> None:
    assert "stroke: currentColor" in inline_svg(SVG, title="t")
    text = inline_svg(drawings[0].wide, title="Arms")
    assert "var(--c0)" in text
    assert "#1b1f24" not in text


def test_equal_styles_share_one_class() -> None:
    bodies = ['<a style="x: 1"/><b style="y: 2"/>', '<c style="x: 1"/>']
    assert share_styles(bodies) == (
        ['<a class="f0"/><b class="f1"/>', '<c class="f0"/>'],
        ".f0{x: 1}\n.f1{y: 2}\n",
    )
