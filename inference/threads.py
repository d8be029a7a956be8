"""How the model's compute threads wait for each other."""

from __future__ import annotations

import os


def wait_passively() -> None:
    """Let compute threads that wait sleep instead of spin. Call it before torch is imported.

    By default OpenMP's threads spin at every barrier. Where the cores are shared – with the
    listener of this node, with another worker – each spins away the time that the other needs:
    ten times slower was measured on two cores. ``OMP_WAIT_POLICY`` in the environment has its way.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
