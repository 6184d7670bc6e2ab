"""The evaluation as a page that needs nothing but itself, and as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

from chorusline.errors import UsageError
from chorusline.evaluate.base import Evaluation

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Evaluation of {{ found.case }}</title><style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.5rem; text-transform: capitalize; }
table { border-collapse: collapse; margin: 1rem 0; } caption { text-align: left; font-weight: 600; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #8886; }
td { font-variant-numeric: tabular-nums; } .scroll { overflow-x: auto; }
figure { display: inline-block; margin: 1rem 1.5rem 1rem 0; width: 29rem; max-width: 100%; }
figcaption { font-weight: 600; } figure p { margin: 0; } .note { border-left: 3px solid #888; padding-left: .7rem; }
svg text { font-size: 12px; fill: currentColor; } svg .grid { stroke: #8883; }
svg .promise { stroke: currentColor; stroke-dasharray: 5 4; } svg .interval { stroke: #0a6ebd; opacity: .5; }
svg .curve { fill: none; stroke: #0a6ebd; stroke-width: 2; } svg circle, svg rect { fill: #0a6ebd; }
</style></head><body>
<h1>How right is this case?</h1>
<p>Case <code>{{ found.case }}</code> against <code>{{ found.truth }}</code>
({% for field, column in found.columns.items() %}{{ field }} ← <code>{{ column }}</code>{{ ", " if not loop.last }}
{%- endfor %}). Intervals are exact binomial ones, 95 %.</p>
{% for name, scored in found.scores.items() %}
<section><h2>{{ name }}</h2><p>{{ about[name] }}</p>
{% for note in scored.notes %}<p class="note">{{ note }}</p>{% endfor %}
{% for table in scored.tables %}
<div class="scroll"><table><caption>{{ table.title }}</caption>
<thead><tr>{% for word in table.columns %}<th scope="col">{{ word }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in table.rows %}<tr>{% for word in row %}<td>{{ word }}</td>{% endfor %}</tr>{% endfor %}</tbody>
</table></div>{% endfor %}
{% for chart in scored.charts %}
<figure><figcaption>{{ chart.title }}</figcaption>{{ draw(chart) }}<p>{{ chart.about }}</p></figure>
{% endfor %}</section>
{% endfor %}
{% for name, reason in found.skipped.items() %}
<p class="note">{{ name }}: left out, because {{ reason }}.</p>{% endfor %}
</body></html>
"""


def render(found: Evaluation) -> str:
    """Return the page as HTML without scripts or links to anything outside."""
    from jinja2 import Environment
    from markupsafe import Markup

    from chorusline.evaluate import available
    from chorusline.evaluate.charts import svg

    about = {name: score.about for name, score in available().items()}
    page = Environment(autoescape=True).from_string(_PAGE)
    return page.render(found=found, about=about, draw=lambda chart: Markup(svg(chart)))


def write(found: Evaluation, folder: str | os.PathLike[str]) -> None:
    """Write evaluation.html and evaluation.json. Raises UsageError where the folder can't be written."""
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / "evaluation.html").write_text(render(found), "utf-8")
        figures = json.dumps(found.as_dict(), indent=1, ensure_ascii=False)
        (place / "evaluation.json").write_text(figures + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"{place} can't be written: {error.strerror}; choose another --out.") from None
