"""``cspine-node model compare``: how two models compare, as tables."""

from __future__ import annotations

import typer

from dicom_node.commands.common import print_table
from dicom_node.research.two_models import KINDS, Comparison, WithReaders


def print_comparison(of: Comparison) -> None:
    """The table of counts, and the newest disagreements."""
    for what, model in (("active", of.active), ("shadow", of.shadow)):
        typer.echo(f"{what}  {model.name} {model.version} ({model.sha256[:12]})")
    took = "" if of.mean_duration_s is None else f", {of.mean_duration_s:.1f} s each"
    typer.echo(f"{of.series} series{took}; {of.failed} failed; {of.verdicts} with a verdict\n")
    rows = [("overall", of.overall), *of.levels.items()]
    headings = ("", *KINDS, "active = reader", "shadow = reader")
    print_table(
        [each.replace("_", " ") for each in headings],
        [
            (
                name,
                *(str(getattr(compared.models, kind)) for kind in KINDS),
                _share(compared.active),
                _share(compared.shadow),
            )
            for name, compared in rows
        ],
        empty="",
    )
    if of.disagreements:
        typer.echo("\nThe newest disagreements:")
        print_table(
            ("series", "kind", "levels", "reader"),
            [
                (each.series_uid, each.kind, " ".join(each.levels), each.reader or "–")
                for each in of.disagreements
            ],
            empty="",
        )
    typer.echo("")


def _share(said: WithReaders) -> str:
    comparable = said.agree + said.disagree
    return f"{said.agree} of {comparable}" if comparable else "–"
