"""Figures over a cohort, and the card that tells them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.model.record import ModelRecord
from inference.training import metrics
from inference.training.cohort import Case, Kind, Outcome
from inference.types import LEVELS, Level, ModelIdentity, NotAnalysed


@dataclass(frozen=True, slots=True)
class Summary:
    """Measured figures; shares are in 0…1, counts say of how many."""

    fractured: int
    intact: int
    negatives: int
    level_found: int
    only_level_found: int
    key_slice_shows_it: int
    box_overlaps: int
    intact_flagged: int
    negatives_refused: int
    spines_refused: int
    overall_auroc: float
    level_auroc: dict[Level, float]
    log_loss_per_study: float
    log_loss_all_rows: float
    missed: dict[str, int]
    """Level and type of the fractures that were not found."""


def summarise(outcomes: Sequence[Outcome], operating_point: float) -> Summary:
    """Figures at one operating point."""
    of = {kind: [each for each in outcomes if each.case.kind is kind] for kind in Kind}
    fractured, intact, negatives = of[Kind.FRACTURED], of[Kind.INTACT], of[Kind.NEGATIVE]
    spines = fractured + intact
    truth = np.array([each.truth for each in spines]).reshape(-1, 7)
    levels = np.array([each.levels for each in spines]).reshape(-1, 7)
    overall = np.array([each.overall for each in spines])
    patient = np.array([bool(each.truth.any()) for each in spines], np.bool_)
    found = [each.found(operating_point) for each in fractured]
    hits = [bool(f[each.truth].all()) for f, each in zip(found, fractured, strict=True)]
    per_study, all_rows = metrics.weighted_log_loss(
        np.column_stack([patient, truth]), np.column_stack([overall, levels])
    )
    return Summary(
        fractured=len(fractured),
        intact=len(intact),
        negatives=len(negatives),
        level_found=sum(hits),
        only_level_found=sum(
            bool((f == each.truth).all()) for f, each in zip(found, fractured, strict=True)
        ),
        key_slice_shows_it=sum(bool(each.key_slice_shows_it) for each in fractured),
        box_overlaps=sum(bool(each.box_overlaps) for each in fractured),
        intact_flagged=sum(bool(each.found(operating_point).any()) for each in intact),
        negatives_refused=sum(each.refused_as_no_spine for each in negatives),
        spines_refused=sum(isinstance(each.result, NotAnalysed) for each in spines),
        overall_auroc=metrics.auroc(patient, overall),
        level_auroc={
            level: metrics.auroc(truth[:, i], levels[:, i]) for i, level in enumerate(LEVELS)
        },
        log_loss_per_study=per_study,
        log_loss_all_rows=all_rows,
        missed=dict(
            Counter(
                f"{LEVELS[int(np.argmax(each.truth))]} {each.fracture_type}"
                for each, hit in zip(fractured, hits, strict=True)
                if not hit
            )
        ),
    )


def rows_of(summary: Summary) -> list[tuple[str, str]]:
    """The figures as (what, measured) for a table."""
    s = summary

    def share(count: int, of: int) -> str:
        return f"{count} of {of}" + (f" ({100 * count / of:.1f} %)" if of else "")

    return [
        ("one fractured level: found at the operating point", share(s.level_found, s.fractured)),
        ("one fractured level: that level and no other", share(s.only_level_found, s.fractured)),
        ("of those found: the key slice shows it", share(s.key_slice_shows_it, s.level_found)),
        ("of those found: the box overlaps the true one", share(s.box_overlaps, s.level_found)),
        ("intact spine: any finding (false positive)", share(s.intact_flagged, s.intact)),
        (
            "volume without a cervical spine: refused as such",
            share(s.negatives_refused, s.negatives),
        ),
        ("cervical spine: wrongly refused", share(s.spines_refused, s.fractured + s.intact)),
        ("AUROC, patient", f"{s.overall_auroc:.3f}"),
        *((f"AUROC, {level}", f"{value:.3f}") for level, value in s.level_auroc.items()),
        ("weighted log loss, mean over studies", f"{s.log_loss_per_study:.3f}"),
        ("weighted log loss, over all rows", f"{s.log_loss_all_rows:.3f}"),
        (
            "not found",
            ", ".join(f"{what} ×{n}" for what, n in sorted(s.missed.items())) or "none",
        ),
    ]


def card(
    identity: ModelIdentity, record: ModelRecord, summary: Summary, cases: Sequence[Case]
) -> str:
    """The model card in Markdown, of measured figures only."""
    c, rule, origin = record.contract, record.seen, record.provenance
    first, last = cases[0], cases[-1]
    windows = ", ".join(f"L{w.level:g} W{w.width:g}" for w in (each.window for each in c.channels))
    table = "\n".join(f"| {what} | {value} |" for what, value in rows_of(summary))
    return f"""# {record.name} {record.version}

**Trained on synthetic phantoms. Not for patients. Research use only.** It shows that the pipeline
works; its figures say nothing about clinical accuracy. No patient's image was used.

| | |
|---|---|
| file digest (SHA-256) | `{identity.sha256}` |
| encoder | `{record.encoder}`, random initialisation, two linear heads of 7 |
| input | one axial slice, {c.size_px}×{c.size_px} px over {c.field_mm:g} mm around the body's \
centre, about every {c.slice_spacing_mm:g} mm |
| channels (HU windows) | {windows} |
| level | Σ f·v / Σ v over the slices |
| patient | 1 − Π(1 − level) over the assessed levels |
| level assessed from | presence ≥ {rule.min_peak:g} on a slice, {rule.min_extent_mm:g} mm seen |
| cervical spine from | {rule.min_levels} levels seen, at most {rule.max_inversions} pairs out of \
order and {rule.max_skipped} unseen between seen ones |
| operating point (level) | {record.operating_point:.3f}, fitted on validation phantoms, as is \
the fractures' base rate |
| data | {origin.data} |
| training | {origin.training} |
| validation | {origin.validation} |
| recipe | {origin.recipe} |

## Measured on unseen phantoms

Seeds {first.seed}–{last.seed}, {first.slices} slices of {first.matrix}×{first.matrix}.

| | |
|---|---|
{table}

A level that was not assessed counts as 0.5 in the log loss. The share of fractures among these
phantoms is far above that among patients.

## Known limits

- The phantom is far simpler than a patient: fractures that it does not make are not known to
  the model, and neither are implants, old fractures, or movement.
- A level's probability is a mean over the level's slices: a fracture that shows on few of them
  gets a small number, so that the operating point is far below one half.
- Neighbouring levels look alike on one slice; the model tells them by what lies around them.
"""
