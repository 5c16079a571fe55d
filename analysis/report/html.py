"""One offline HTML file, and the tables, figures and numbers beside it. Everything in them comes from the records."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..comparing import Comparison
from ..comparing.published_results import ranges
from ..comparing.sentences import GLYPH, sentence, signed
from ..figures import Drawing
from ..figures.catalog import study_looks
from ..figures.style import COLOURS
from ..figures.svg_inline import inline, share_styles
from ..tables import Table, csv_text, latex, markdown, study_tables
from ..tables.runs import runs_table
from . import prose
from .gallery import gallery
from .results_json import results_json

TEMPLATES = Path(__file__).with_name("templates")
LARGE = 50_000  # bytes of a download


def build(comparison: Comparison, drawings: list[Drawing]) -> dict[str, bytes]:
    """Every file of the report by its path below the report's folder."""
    tables = study_tables(comparison)
    files: dict[str, bytes] = {}
    for table in [*tables, runs_table(comparison)]:
        files[f"tables/{table.name}.csv"] = csv_text(table).encode()
    for table in tables:
        files[f"tables/{table.name}.md"] = markdown(table).encode()
        files[f"tables/{table.name}.tex"] = latex(table).encode()
    for drawing in drawings:
        files |= _figure_files(drawing)
    files["results.json"] = results_json(comparison).encode()
    files["results.schema.json"] = Path(__file__).with_name("results.schema.json").read_bytes()
    files["report.html"] = html(comparison, tables, drawings).encode()
    return {_safe(name): content for name, content in files.items()}


def write(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write a report's files, take away what an earlier report left, and return the page's path."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(content)
        part.replace(path)
    for below in ("tables", "figures"):
        for old in (folder / below).glob("*.*"):
            if f"{below}/{old.name}" not in files:
                old.unlink()
    return folder / "report.html"


def html(comparison: Comparison, tables: list[Table], drawings: list[Drawing]) -> str:
    """The page. No request leaves it: styles, script, figures and data are inside."""
    script = (TEMPLATES / "sort_and_filter.js").read_text()
    shown, figure_css = _shown(drawings)
    context: dict[str, Any] = {
        "study": comparison.recorded.study,
        "comparison": comparison,
        "main": comparison.main,
        "others": [f for f in comparison.families if f is not comparison.main],
        "tables": {table.name: table for table in tables},
        "runs": runs_table(comparison),
        "published": list(ranges(comparison.ledger).values()),
        "lede": prose.lede(comparison),
        "methods": prose.methods(comparison),
        "sentence": sentence,
        "glyph": GLYPH,
        "looks": _variables(comparison),
        "missing": list(dict.fromkeys(m for family in comparison.families for m in family.missing)),
        "shelves": gallery(comparison),
        "drawings": shown,
        "figure_css": figure_css,
        "css": Markup((TEMPLATES / "report.css").read_text()),
        "script": Markup(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "downloads": _downloads(comparison, tables),
    }
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    environment.filters["signed"] = signed
    environment.filters["when"] = lambda text: text.replace("T", " ").replace("+00:00", " UTC")
    return environment.get_template("report.html").render(context)


def _shown(drawings: list[Drawing]) -> tuple[list[dict[str, Any]], Markup]:
    """The figures as the page has them, and the styles that they share."""
    bodies = [inline(svg, title=d.title) for d in drawings for svg in (d.wide, d.narrow)]
    shared, rules = share_styles(bodies)
    shown = [
        {**drawing._asdict(), "wide": Markup(wide), "narrow": Markup(narrow)}
        for drawing, wide, narrow in zip(drawings, shared[::2], shared[1::2], strict=True)
    ]
    return shown, Markup(rules)


def _variables(comparison: Comparison) -> dict[str, str]:
    """The page's colour of each arm."""
    places = {colour: f"var(--c{i})" for i, colour in enumerate(COLOURS)}
    return {arm: places.get(look.colour, "var(--faint)") for arm, look in study_looks(comparison).items()}


def _downloads(comparison: Comparison, tables: list[Table]) -> list[dict[str, str]]:
    contents = {"results.json": ("application/json", results_json(comparison))}
    contents |= {f"{t.name}.csv": ("text/csv", csv_text(t)) for t in [runs_table(comparison), *tables]}
    return [_download(name, kind, text.encode()) for name, (kind, text) in contents.items()]


def _download(name: str, kind: str, content: bytes) -> dict[str, str]:
    """A file inside the page; a large one packed, so that the page stays small."""
    if len(content) > LARGE:
        name, kind, content = f"{name}.gz", "application/gzip", gzip.compress(content, mtime=0)
    return {"name": name, "href": f"data:{kind};base64,{base64.b64encode(content).decode()}"}


def _figure_files(drawing: Drawing) -> dict[str, bytes]:
    return {
        f"figures/{drawing.name}.svg": drawing.wide.encode(),
        f"figures/{drawing.name}.pdf": drawing.wide_pdf,
        f"figures/{drawing.name}-column.svg": drawing.narrow.encode(),
        f"figures/{drawing.name}-column.pdf": drawing.narrow_pdf,
    }


def _safe(name: str) -> str:
    """A file name that stays in its folder, whatever an arm is called."""
    folder, _, rest = name.rpartition("/")
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in rest)
    return f"{folder}/{plain}" if folder else plain
