"""What a reader must know of a model before its figures."""

from __future__ import annotations

from inference.training.evaluation import Evaluated
from inference.training.report_lines import number


def facts(model: Evaluated) -> list[tuple[str, str]]:
    """As (what, value), from its record and from the reading."""
    record = model.record
    c, rule, fitted, origin = record.contract, record.seen, record.calibration, record.provenance
    channels = ", ".join(
        f"L{each.window.level:g} W{each.window.width:g} at {each.offset:+d}" for each in c.channels
    )
    slices = (
        f"axial slices every {c.slice_spacing_mm:g} mm, means over {c.slab_mm:g} mm, "
        f"{c.size_px}×{c.size_px} px over {c.field_mm:g} mm around the body's centre"
    )
    sigmoids = (
        f"levels: sigmoid({fitted.level_scale:.3f} · logit {fitted.level_shift:+.3f}); "
        f"patient: sigmoid({fitted.overall_scale:.3f} · logit {fitted.overall_shift:+.3f})"
    )
    spine = (
        f"{rule.min_levels} levels seen, at most {rule.max_inversions} pairs out of order "
        f"and {rule.max_skipped} unseen between seen ones"
    )
    seen = f"presence ≥ {rule.min_peak:g} on a slice, {rule.min_extent_mm:g} mm seen"
    return [
        ("file digest (SHA-256)", model.identity.sha256),
        ("architecture", f"{record.architecture}, encoder {record.encoder}"),
        ("input", slices),
        ("channels (HU window, slice offset)", channels),
        ("level assessed from", seen),
        ("cervical spine from", spine),
        ("calibration", sigmoids),
        ("operating point (level)", f"{record.operating_point:.3f}"),
        ("data", origin.data),
        ("training", origin.training),
        ("validation", origin.validation),
        ("recipe", origin.recipe),
        ("initial weights", origin.initial_weights),
        ("code", origin.git_commit or "unknown"),
        ("measured on", f"{model.device}, median {number(model.seconds_per_study, 's')} per study"),
    ]
