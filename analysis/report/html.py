"""Write the report: one offline HTML file, and the tables, figures and numbers beside it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from experiments.config.atomic_write import replacing

from ..comparing import Comparison
from ..comparing.published_results import gain_ranges
from ..comparing.sentences import GLYPH, describe_verdict, format_signed
from ..figures import Drawing
from ..figures.catalog import study_arm_styles
from ..figures.style import COLORS
from ..figures.svg_inline import inline_svg, share_styles
from ..tables import Table, build_tables, to_csv, to_latex, to_markdown
from ..tables.runs import build_runs_table
from . import prose
from .downloads import Download, build_download
from .gallery import build_gallery
from .results_json import dump_results

TEMPLATES = Path(__file__).with_name("templates")


def build(comparison: Comparison, drawings: list[Drawing]) -> dict[str, bytes]:
    """Return every file of the report by its path below the report's folder."""
    tables = build_tables(comparison)
    files: dict[str, bytes] = {}
    for table in [*tables, build_runs_table(comparison)]:
        files[f"tables/{table.name}.csv"] = to_csv(table).encode()
    for table in tables:
        files[f"tables/{table.name}.md"] = to_markdown(table).encode()
        files[f"tables/{table.name}.tex"] = to_latex(table).encode()
    for drawing in drawings:
        files |= _figure_files(drawing)
    files["results.json"] = dump_results(comparison).encode()
    files["results.schema.json"] = Path(__file__).with_name("results.schema.json").read_bytes()
    files["report.html"] = render_page(comparison, tables, drawings).encode()
    return {_safe_path(name): content for name, content in files.items()}


def write(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write a report's files, remove those that an earlier report left, and return the page's path."""
    for name, content in files.items():
        with replacing(folder / name) as part:
            part.write_bytes(content)
    for subfolder in ("tables", "figures"):
        for old in (folder / subfolder).glob("*.*"):
            if f"{subfolder}/{old.name}" not in files:
                old.unlink()
    return folder / "report.html"


def render_page(comparison: Comparison, tables: list[Table], drawings: list[Drawing]) -> str:
    """Return the page; styles, script, figures and data are inside, so that it makes no request."""
    script = (TEMPLATES / "sort_and_filter.js").read_text()
    figures, figure_css = _inline_figures(drawings)
    context = {
        **_study_context(comparison),
        "tables": {table.name: table for table in tables},
        "runs": build_runs_table(comparison),
        "describe_verdict": describe_verdict,
        "glyph": GLYPH,
        "drawings": figures,
        "figure_css": figure_css,
        "css": Markup((TEMPLATES / "report.css").read_text()),
        "script": Markup(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "downloads": _build_downloads(comparison, tables),
    }
    return _environment().get_template("report.html").render(context)


def _study_context(comparison: Comparison) -> dict[str, Any]:
    """Return what the page says about the study."""
    families = comparison.families
    return {
        "study": comparison.record.study,
        "comparison": comparison,
        "main": comparison.main,
        "others": [family for family in families if family is not comparison.main],
        "published": list(gain_ranges(comparison.published).values()),
        "summary": prose.summarize(comparison),
        "methods": prose.describe_methods(comparison),
        "arm_colors": _arm_colors(comparison),
        "missing": list(dict.fromkeys(run for family in families for run in family.missing)),
        "galleries": build_gallery(comparison),
    }


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    environment.filters["signed"] = format_signed
    environment.filters["timestamp"] = lambda text: text.replace("T", " ").replace("+00:00", " UTC")
    return environment


def _inline_figures(drawings: list[Drawing]) -> tuple[list[dict[str, Any]], Markup]:
    """Return the figures as SVG elements, and the CSS that they share."""
    bodies = [inline_svg(svg, title=d.title) for d in drawings for svg in (d.wide, d.narrow)]
    shared, rules = share_styles(bodies)
    figures = [
        {**drawing._asdict(), "wide": Markup(wide), "narrow": Markup(narrow)}
        for drawing, wide, narrow in zip(drawings, shared[::2], shared[1::2], strict=True)
    ]
    return figures, Markup(rules)


def _arm_colors(comparison: Comparison) -> dict[str, str]:
    """Return the CSS variable of each arm's color."""
    variables = {color: f"var(--c{i})" for i, color in enumerate(COLORS)}
    return {
        arm: variables.get(style.color, "var(--faint)") for arm, style in study_arm_styles(comparison).items()
    }


def _build_downloads(comparison: Comparison, tables: list[Table]) -> list[Download]:
    results = build_download("results.json", "application/json", dump_results(comparison).encode())
    csv_files = [
        build_download(f"{table.name}.csv", "text/csv", to_csv(table).encode())
        for table in [build_runs_table(comparison), *tables]
    ]
    return [results, *csv_files]


def _figure_files(drawing: Drawing) -> dict[str, bytes]:
    return {
        f"figures/{drawing.name}.svg": drawing.wide.encode(),
        f"figures/{drawing.name}.pdf": drawing.wide_pdf,
        f"figures/{drawing.name}-column.svg": drawing.narrow.encode(),
        f"figures/{drawing.name}-column.pdf": drawing.narrow_pdf,
    }


def _safe_path(name: str) -> str:
    """Replace characters of a file name that could lead out of its folder, whatever an arm is called."""
    folder, _, rest = name.rpartition("/")
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in rest)
    return f"{folder}/{plain}" if folder else plain
