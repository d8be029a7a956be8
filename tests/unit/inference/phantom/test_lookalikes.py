"""The picture of what misleads shows what its titles say."""

from __future__ import annotations

import numpy as np

from inference.phantom.lookalikes import PANELS, TILE, tile
from inference.phantom.posture import build_spine, draw_patient
from inference.phantom.scene import plan_of
from inference.phantom.spec import FractureSpec, PhantomSpec, stream


def test_each_panel_shows_what_its_title_says() -> None:
    checked = 0
    for panel in PANELS:
        fresh = (FractureSpec(panel.level, panel.fracture),) if panel.fracture else ()
        spec = PhantomSpec(panel.seed, fresh)
        patient = draw_patient(stream(panel.seed, "patient"))
        plan = plan_of(spec, build_spine(patient, stream(panel.seed, "spine")), patient)
        if panel.title.startswith("old"):
            assert plan.old is not None
            assert plan.old.level == panel.level
            assert plan.old.type.value.replace("-", " ") in panel.title.lower()
            checked += 1
        if "screw" in panel.title:
            assert plan.hardware is not None
            assert panel.level in plan.hardware.levels
            checked += 1
        if "gas" in panel.title:
            assert panel.level in {gas.level for gas in plan.gas}
            checked += 1
    assert checked == 6


def test_a_fresh_and_an_old_fracture_differ_in_a_small_picture() -> None:
    fresh, old = (tile(panel, 80, 128) for panel in PANELS[:2])
    assert fresh.shape == old.shape == (TILE, TILE)
    assert np.count_nonzero(fresh != old) > 100
