"""What a study shows that is no fresh fracture but may be read as one.

Everything is drawn by the seed from streams of its own, before anything is painted, and recorded
in the study, so that an evaluation can count its false alarms by what may have caused them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np

from inference.phantom.fractures import Injury
from inference.phantom.hardware import Hardware, draw_hardware, paint_hardware
from inference.phantom.healed import OldFracture, draw_old, heal
from inference.phantom.posture import NORMS, Patient, Vertebra
from inference.phantom.scanner import Grid, Scanner
from inference.phantom.solids import Array, coverage, ellipsoid
from inference.phantom.trunk import frame
from inference.types import LEVELS, Level

Streams: TypeAlias = Callable[[str], np.random.Generator]
"""The independent generator of a purpose."""

OSTEOPHYTE_MM: Final = 1.5  # what is worth recording
CHANNEL_RADIUS_MM: Final = 0.8
NARROW_DISC: Final = 0.75  # of the population's mean height
STREAK: Final = 1.0
GAS_HU: Final = -350.0


class ConfounderKind(StrEnum):
    """What may be taken for a fracture, or hide one."""

    OLD_FRACTURE = "old-fracture"
    HARDWARE = "hardware"
    VESSEL_CHANNEL = "vessel-channel"
    OSTEOPHYTE = "osteophyte"
    DEGENERATIVE_DISC = "degenerative-disc"
    VACUUM_DISC = "vacuum-disc"
    SHOULDER_STREAKS = "shoulder-streaks"


@dataclass(frozen=True, slots=True)
class Confounder:
    """One thing that is no fresh fracture.

    ``levels`` is empty where it belongs to none; a disc counts for the level above it.
    ``detail`` names the old fracture's type or the implant.
    """

    kind: ConfounderKind
    levels: tuple[Level, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Gas:
    """A lens of gas in the disc below a level: its place and half sizes in the vertebra's frame."""

    level: Level
    x: float
    y: float
    a: float
    b: float
    thick: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The confounders of one study that are drawn for themselves."""

    old: OldFracture | None
    hardware: Hardware | None
    gas: tuple[Gas, ...]

    def injuries(self, spine: tuple[Vertebra, ...], streams: Streams) -> dict[str, Injury]:
        """The old fracture by the name of its vertebra."""
        if self.old is None:
            return {}
        v = spine[LEVELS.index(self.old.level)]
        return {v.name: heal(v, self.old.type, streams("healed"))}

    def paint_gas(self, hu: Array, grid: Grid, spine: tuple[Vertebra, ...]) -> None:
        """Put the gas into the discs, in place; bones are painted over it."""
        width = max(grid.pixel_mm, 0.45)
        for gas in self.gas:
            v = spine[LEVELS.index(gas.level)]
            middle = -v.height / 2 - v.disc / 2
            at, p = frame(
                grid, v, (-v.a, -v.b, middle - gas.thick - 1), (v.a, v.b, middle + gas.thick + 1)
            )
            lens = ellipsoid(p, (gas.x, gas.y, middle), (gas.a, gas.b, gas.thick))
            view = hu[at]
            view += coverage(lens, width) * (GAS_HU - view)

    def paint_hardware(self, hu: Array, grid: Grid, spine: tuple[Vertebra, ...]) -> None:
        """Put the implant over the bones, in place."""
        if self.hardware is not None:
            paint_hardware(hu, grid, spine, self.hardware)

    def recorded(self, spine: tuple[Vertebra, ...], scanner: Scanner) -> tuple[Confounder, ...]:
        """Everything that the study shows, also what spine and scanner bring along."""
        return tuple(listed(self, spine, scanner))


def draw_plan(
    spine: tuple[Vertebra, ...], patient: Patient, taken: frozenset[str], streams: Streams
) -> Plan:
    """Draw the confounders; none of the old fractures and implants is at a ``taken`` level."""
    rng = streams("gas in discs")
    gas = []
    for level, chance in zip(LEVELS, rng.random(len(LEVELS)), strict=True):
        v = spine[LEVELS.index(level)]
        x, y, wide, deep, thick = rng.uniform((-0.3, -0.5, 0.3, 0.25, 0.5), (0.3, 0.2, 0.6, 0.5, 1))
        if level != "C1" and chance < 0.3 * patient.degeneration**2:
            gas.append(Gas(level, x * v.a, y * v.b, wide * v.a, deep * v.b, thick))
    old = draw_old(taken, streams("old fracture"))
    return Plan(old, draw_hardware(taken, streams("hardware")), tuple(gas))


def listed(plan: Plan, spine: tuple[Vertebra, ...], scanner: Scanner) -> Iterator[Confounder]:
    """One record for each confounder, by kind and then by level."""
    if plan.old is not None:
        yield Confounder(ConfounderKind.OLD_FRACTURE, (plan.old.level,), plan.old.type.value)
    if plan.hardware is not None:
        yield Confounder(
            ConfounderKind.HARDWARE, plan.hardware.levels, plan.hardware.construct.value
        )
    bodies = tuple(zip(LEVELS, spine, strict=False))[1:]  # C1 has neither body nor disc
    found = {
        ConfounderKind.VESSEL_CHANNEL: [
            level for level, v in bodies if v.vessel.radius_mm >= CHANNEL_RADIUS_MM
        ],
        ConfounderKind.OSTEOPHYTE: [
            level for level, v in bodies if v.osteophyte_mm >= OSTEOPHYTE_MM
        ],
        ConfounderKind.DEGENERATIVE_DISC: [
            level for level, v in bodies if v.disc < NARROW_DISC * NORMS[v.name].disc * v.scale
        ],
        ConfounderKind.VACUUM_DISC: [gas.level for gas in plan.gas],
    }
    for kind, levels in found.items():
        for level in levels:
            yield Confounder(kind, (level,))
    if scanner.streak >= STREAK:
        yield Confounder(ConfounderKind.SHOULDER_STREAKS, ("C6", "C7"))
