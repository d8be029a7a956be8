"""How a shadow model compares with the active one, in sentences. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyqt_console.admin.requests.shadow import Comparison, ShadowState, WithReaders
from pyqt_console.i18n import mark, tr, tr_n

KINDS: Final[Mapping[str, str]] = {
    "only_active": mark("only the active one sees a fracture"),
    "only_shadow": mark("only the shadow sees a fracture"),
    "levels_differ": mark("both see one, at different levels"),
}
READERS: Final[Mapping[str, str]] = {
    "present": mark("fracture"),
    "absent": mark("no fracture"),
    "undetermined": mark("unsure"),
}


def shadow_in_words(state: ShadowState) -> tuple[str, str]:
    """What the shadow does now, and a role."""
    if state.model is None:
        return tr(
            "No model reads in the shadow. Choose one under “Models”: it then reads what the "
            "active one has read, unseen by readers, and both are compared here."
        ), "quiet"
    if state.problem is not None:
        text = tr("✕ {model} does not start: {problem}. {waiting}")
        role = "alarm"
    else:
        text = tr("◌ {model} reads beside the active one, unseen by readers. {waiting}")
        role = ""
    return text.format(
        model=state.model.title,
        problem=(state.problem or "").rstrip("."),
        waiting=tr_n("%n series waits for it.", "%n series wait for it.", state.waiting),
    ), role


def comparison_in_words(found: Comparison) -> str:
    """The counts in sentences, before the table."""
    tally = found.rows[0].models
    parts = [
        tr("{series}, of which {whole} can be compared.").format(
            series=tr_n("%n series was read by both", "%n series were read by both", found.series),
            whole=tally.comparable,
        )
    ]
    if tally.comparable:
        parts.append(
            tr(
                "They say the same of {same} ({percent} %); only the shadow sees a fracture in "
                "{shadow}, only the active one in {active}."
            ).format(
                same=tally.same,
                percent=round(100 * tally.same / tally.comparable),
                shadow=tally.only_shadow,
                active=tally.only_active,
            )
        )
    if found.failed:
        parts.append(tr_n("On %n the shadow failed.", "On %n the shadow failed.", found.failed))
    if found.mean_duration_s is not None:
        parts.append(
            tr("The shadow takes {seconds} s for a series.").format(
                seconds=f"{found.mean_duration_s:.1f}"
            )
        )
    return " ".join(parts)


def readers_in_words(found: Comparison) -> str:
    """How often each was right, as far as readers said."""
    if not found.verdicts:
        return tr("No reader has given a verdict on one of them yet.")
    row = found.rows[0]
    return tr(
        "{verdicts}: the active model agrees with {active}, the shadow with {shadow}. Mind that "
        "the reader saw the active model's reading, and never the shadow's."
    ).format(
        verdicts=tr_n("%n has a verdict", "%n have verdicts", found.verdicts),
        active=share(row.active),
        shadow=share(row.shadow),
    )


def share(found: WithReaders) -> str:
    """Agreements of all that can be told: "11 of 12"."""
    whole = found.agree + found.disagree
    return tr("{agree} of {whole}").format(agree=found.agree, whole=whole) if whole else "–"
