"""The report as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

from bench.nlu.figures import Confusion, Pair, matrix
from bench.nlu.report import PEER_HEADINGS, Report, peer_texts, shown

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1b1b; background: #fff }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5rem }
table { border-collapse: collapse } caption { text-align: left; font-weight: 600 }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid #ddd }
td.n { text-align: right; font-variant-numeric: tabular-nums }
.missed { color: #a4000f; font-weight: 600 } .reached { color: #0b6120 }
.bar { background: #e8e8e8; width: 16rem; height: .9rem; margin-top: .35rem }
.bar i { display: block; height: 100%; background: #154273 }
details { margin: .4rem 0 } li { overflow-wrap: anywhere } img { max-width: 100% }
"""


def as_html(report: Report) -> str:
    """The report for people: results/nlu/report.html."""
    low, high = report.top1_interval
    parts = [
        "<h1>Hoe goed verstaat Startwijzer Nederlands?</h1>",
        f"<p>Gemeten op {escape(report.date)}: {report.data['heldout']} berichten die nooit voor "
        f"training zijn gebruikt, waarvan {report.data['in_scope']} binnen bereik. "
        f"Getraind op {report.data['training']} voorbeelden.</p>",
        "<h2>Cijfers</h2>",
        _figures(report),
        f"<p>Top 1 ligt met 95&nbsp;% zekerheid tussen {low:.3f} en {high:.3f}.</p>",
        "<h2>Vergelijking op dezelfde berichten</h2>",
        _table(PEER_HEADINGS, (peer_texts(peer) for peer in report.peers), 1),
        *(
            f"<p>Niet gemeten: {escape(name)}: {escape(reason)}</p>"
            for name, reason in report.skipped.items()
        ),
        "<h2>Per groep</h2>",
        _bars("groep", report.groups),
        "<h2>Verwarringen</h2>",
        "<p>Per verwachte intent (rij) het deel dat als een andere intent (kolom) is herkend.</p>",
        f'<p><img alt="Verwarringsmatrix; dezelfde cijfers staan in report.json" '
        f'src="data:image/png;base64,{_picture(report.pairs)}"></p>',
        "<h2>De vaakste verwarringen</h2>",
        *map(_confusion, report.worst),
        "<h2>Per intent</h2>",
        _bars("intent", dict(sorted(report.intents.items(), key=lambda pair: pair[1][0]))),
    ]
    return (
        '<!doctype html>\n<html lang="nl"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Startwijzer: NLU-evaluatie</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _figures(report: Report) -> str:
    rows = []
    for figure in report.figures:
        value, target, verdict = shown(figure)
        style = {True: "reached", False: "missed", None: ""}[figure.reached]
        rows.append(
            f'<tr><td>{escape(figure.label)}</td><td class="n">{value}</td>'
            f'<td class="n">{target}</td><td class="{style}">{verdict.lower()}</td></tr>'
        )
    head = "<tr><th>wat</th><th>waarde</th><th>doel</th><th></th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], names: int) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{'' if place < names else ' class=n'}>{escape(text)}</td>"
            for place, text in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _bars(name: str, parts: dict[str, tuple[float, int]]) -> str:
    rows = "".join(
        f'<tr><td>{escape(part)}</td><td class="n">{share:.3f}</td><td class="n">{n}</td>'
        f'<td><div class="bar"><i style="width:{100 * share:.1f}%"></i></div></td></tr>'
        for part, (share, n) in parts.items()
    )
    return f"<table><tr><th>{name}</th><th>top 1</th><th>n</th><th></th></tr>{rows}</table>"


def _confusion(confusion: Confusion) -> str:
    messages = "".join(
        f"<li>{escape(item.text)} <small>({escape(item.group)}, "
        f"zekerheid {answer.confidence:.2f})</small></li>"
        for item, answer in confusion.messages
    )
    return (
        f"<details open><summary>{escape(confusion.expected)} → {escape(confusion.predicted)} "
        f"({len(confusion.messages)})</summary><ul>{messages}</ul></details>"
    )


def _picture(pairs: Sequence[Pair]) -> str:
    """The confusion matrix as PNG in base 64."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # type: ignore[import-untyped]
    from matplotlib.figure import Figure as Picture  # type: ignore[import-untyped]

    names, counts = matrix(pairs)
    shares = [[cell / max(sum(row), 1) for cell in row] for row in counts]
    picture = Picture(figsize=(15, 14), dpi=80, constrained_layout=True)
    FigureCanvasAgg(picture)
    axes = picture.add_subplot()
    # The square root makes a single mistake visible next to the diagonal.
    axes.imshow([[share**0.5 for share in row] for row in shares], cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_xlabel("herkend")
    axes.set_ylabel("verwacht")
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()
