"""The neck around the spine, painted slice by slice from the table of tissues."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inference.phantom.posture import Patient, Vertebra
from inference.phantom.scanner import Grid
from inference.phantom.solids import Array
from inference.phantom.tissues import AIR, FAT, SKIN, TUBES, Key, Tube


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Where the levels are: one row per level, heights falling."""

    level: Array
    z: Array
    x: Array
    y: Array

    @classmethod
    def of(cls, spine: tuple[Vertebra, ...]) -> Landmarks:
        """Extend the vertebral centres to the head (upright) and to the chest."""
        c = np.array([v.centre for v in spine])
        scale = spine[0].scale
        head = c[0] + np.array([[0.0, 0, 90], [0.0, 0, 14]]) * scale
        chest = c[-1] + (c[-1] - c[-2])
        at = np.vstack([head, c, chest]).astype(np.float32)
        level = np.array([-4, 0, *range(1, 10), 10], np.float32)
        return cls(level, at[:, 2], at[:, 0], at[:, 1])

    def at(self, z: float) -> tuple[float, float, float]:
        """(level, x, y) of the spine at a height."""
        level, x, y = (float(np.interp(-z, -self.z, each)) for each in (self.level, self.x, self.y))
        return level, x, y


class Painter:
    """One axial slice in HU, painted over from the skin inwards."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.width = max(grid.pixel_mm, 0.45)
        self.hu = np.full(grid.shape[1:], AIR, np.float32)
        self.limit: Array | None = None

    def ellipse(
        self,
        x: float,
        y: float,
        a: float,
        b: float,
        hu: float,
        angle_deg: float = 0.0,
        lobe: float = 0.0,
    ) -> None:
        """Fill an ellipse inside ``limit``; values blend at the edge.

        ``lobe`` bends it towards a rounded triangle (up to 0.2).
        """
        if a <= 0.3 or b <= 0.3:
            return
        gx, gy = self.grid.x, self.grid.y
        turn = np.deg2rad(angle_deg)
        c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        reach_x, reach_y = np.hypot(a * c, b * s) * 1.1 + 1, np.hypot(a * s, b * c) * 1.1 + 1
        x0, x1 = np.searchsorted(gx, [x - reach_x, x + reach_x])
        y0, y1 = np.searchsorted(gy, [y - reach_y, y + reach_y])
        dx, dy = (gx[x0:x1] - np.float32(x))[None, :], (gy[y0:y1] - np.float32(y))[:, None]
        u, v = (dx * c + dy * s) / np.float32(a), (dy * c - dx * s) / np.float32(b)
        uu, vv = u * u, v * v
        r = uu + vv
        if lobe:
            r = r + np.float32(lobe) * u * (uu - 3 * vv)
        share = np.clip(
            0.5 + (1 - np.sqrt(np.maximum(r, 0))) * np.float32(min(a, b) / self.width), 0, 1
        )
        if self.limit is not None:
            share *= self.limit[y0:y1, x0:x1]
        part = self.hu[y0:y1, x0:x1]
        part += share * (np.float32(hu) - part)

    def confine(self, x: float, y: float, a: float, b: float) -> None:
        """Keep what is painted from now on inside an ellipse."""
        u, v = (self.grid.x[None, :] - x) / a, (self.grid.y[:, None] - y) / b
        share = np.clip(0.5 + (1 - np.hypot(u, v)) * (min(a, b) / self.width), 0, 1)
        self.limit = share.astype(np.float32)


def paint(
    grid: Grid, spine: tuple[Vertebra, ...], patient: Patient, rng: np.random.Generator
) -> Array:
    """Everything but vertebrae, head bones and ribs: (slices, rows, columns) float32 HU."""
    marks = Landmarks.of(spine)
    out = np.empty(grid.shape, np.float32)
    tubes = [vary(tube, rng) for tube in TUBES]
    rest = float(marks.y[1]) + 86 * patient.scale  # the head rest touches the occiput
    for index, z in enumerate(grid.z):
        level, x, y = marks.at(float(z))
        painter = Painter(grid)
        for depth, hu in ((0.0, -250.0), (2.0, -880.0), (9.0, -250.0), (11.0, AIR)):
            painter.ellipse(float(marks.x[3]), rest - 82, 140 - depth, 104 - depth, hu)
        painter.hu[grid.y < rest - 40] = AIR  # an open cradle
        paint_outline(painter, level, (x, y), patient)
        for tube in tubes:
            paint_tube(painter, tube, level, (x, y), patient.scale)
        out[index] = painter.hu
    return out


def paint_outline(
    painter: Painter, level: float, at: tuple[float, float], patient: Patient
) -> None:
    """Skin, the fat under it, and the loose tissue that lies between the muscles."""
    _, dx, dy, a, b = section(SKIN, level)
    s = patient.scale
    x, y, a, b = at[0] + dx * s, at[1] + dy * s, a * s, b * s
    thick = float(np.interp(level, [0, 3, 6, 8], [4, 5, 8, 12])) * patient.fat
    painter.ellipse(x, y, a, b, 20)
    painter.ellipse(x, y, a - 1.6, b - 1.6, FAT)
    loose = float(np.interp(level, [-0.5, 1.5], [25, -70]))
    painter.ellipse(x, y, a - thick, b - thick, loose)
    painter.confine(x, y, a - thick, b - thick)


def vary(tube: Tube, rng: np.random.Generator) -> Tube:
    """The same structure in another patient: moved a little, thicker or thinner."""
    dx, dy = rng.normal(0, 0.9, 2)
    wide, deep = np.clip(rng.normal(1, 0.08, 2), 0.8, 1.2)
    keys = tuple(
        (level, float(x + dx), float(y + dy), float(a * wide), float(b * deep))
        for level, x, y, a, b in tube.keys
    )
    return replace(tube, keys=keys, angle_deg=tube.angle_deg + float(rng.normal(0, 4)))


def section(keys: tuple[Key, ...], level: float) -> Key:
    """A tube's ellipse at a height inside its range."""
    table = np.asarray(keys)
    values = [float(np.interp(level, table[:, 0], column)) for column in table.T[1:]]
    return level, values[0], values[1], values[2], values[3]


def paint_tube(
    painter: Painter, tube: Tube, level: float, at: tuple[float, float], scale: float
) -> None:
    """One structure on one slice; its ends taper over a tenth of a level."""
    first, last = tube.keys[0][0], tube.keys[-1][0]
    if not first <= level <= last:
        return
    _, dx, dy, a, b = section(tube.keys, level)
    taper = float(np.sqrt(np.clip(min(level - first, last - level) / 0.15, 0.15, 1)))
    a, b = a * scale * taper, b * scale * taper
    for side in (1, -1) if tube.paired else (1,):
        x, y, angle = at[0] + side * dx * scale, at[1] + dy * scale, side * tube.angle_deg
        if tube.wall_hu is not None:
            painter.ellipse(x, y, a, b, tube.wall_hu, angle, tube.lobe * side)
            a, b = a - tube.wall_mm, b - tube.wall_mm
        painter.ellipse(x, y, a, b, tube.hu, angle, tube.lobe * side)
