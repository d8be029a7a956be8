"""The soft tissue, airways and free bones of the neck, as one table.

Every structure is a tube: an ellipse in the axial plane whose place and size are given at some
heights. Height is counted in levels (0 foramen magnum, 1 = C1 … 9 = T2), so that each structure
stands at the level where a reader expects it: palate at C1, hyoid at C3, thyroid cartilage at
C4–C5, cricoid at C6, clavicles at T1–T2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Key: TypeAlias = tuple[float, float, float, float, float]
"""Level, then centre (left, posterior of the body's centre) and half sizes (across, deep) in mm."""

AIR: Final = -1000.0  # HU
FAT: Final = -95.0
MUSCLE: Final = 55.0


@dataclass(frozen=True, slots=True)
class Tube:
    """One structure; ``paired`` ones are painted on both sides."""

    name: str
    hu: float
    keys: tuple[Key, ...]
    paired: bool = False
    wall_hu: float | None = None
    wall_mm: float = 0.0
    angle_deg: float = 0.0  # turns the left one clockwise on the image
    lobe: float = 0.0  # towards a rounded triangle


SKIN: Final[tuple[Key, ...]] = (
    (-3.0, 0, -8, 72, 92),
    (0.5, 0, -8, 74, 92),
    (2.0, 0, -12, 71, 88),
    (2.9, 0, -16, 66, 82),
    (3.5, 0, -9, 61, 69),
    (4.0, 0, -4, 58, 61),
    (5.5, 0, -1, 60, 58),
    (6.5, 0, 2, 78, 62),
    (7.2, 0, 6, 120, 68),
    (8.0, 0, 8, 175, 78),
    (10.0, 0, 6, 215, 90),
)


def muscle(name: str, *keys: Key, angle_deg: float = 0.0) -> Tube:
    """A paired muscle, wrapped in a thin plane of fat."""
    return Tube(name, MUSCLE, keys, True, FAT, 0.7, angle_deg, 0.14)


TUBES: Final[tuple[Tube, ...]] = (
    muscle(
        "trapezius",
        (0.5, 10, 66, 9, 3),
        (3, 15, 55, 14, 3.5),
        (5.5, 24, 51, 22, 4),
        (7, 42, 48, 38, 7),
        (10, 62, 54, 62, 10),
    ),
    muscle(
        "splenius",
        (-0.3, 40, 40, 10, 12),
        (2, 31, 40, 10, 13),
        (5, 26, 40, 9, 13),
        (8, 22, 46, 14, 5),
        angle_deg=35,
    ),
    muscle(
        "levator", (1, 36, 16, 6, 9), (3, 36, 18, 7, 11), (6, 42, 26, 9, 11), (9, 58, 34, 11, 9)
    ),
    muscle(
        "longissimus", (0.8, 34, 26, 6, 9), (3, 30, 25, 6, 8), (7, 30, 27, 7, 7), (10, 30, 32, 8, 7)
    ),
    muscle(
        "semispinalis capitis",
        (-0.3, 15, 52, 13, 9),
        (2, 15, 45, 13, 9),
        (5, 14, 42, 12, 8),
        (10, 16, 44, 11, 7),
        angle_deg=15,
    ),
    muscle("suboccipital", (0.2, 14, 36, 11, 7), (2.0, 16, 33, 12, 7), angle_deg=20),
    muscle(
        "multifidus",
        (1.6, 9, 34, 8, 9),
        (3, 10, 29, 8.5, 9),
        (7, 12, 31, 9, 10),
        (10, 12, 34, 9, 11),
    ),
    muscle(
        "scalenes", (2.5, 26, 1, 6, 7), (5, 29, 4, 8, 9), (7, 36, 2, 11, 10), (9, 44, -4, 12, 9)
    ),
    muscle("longus", (0.2, 8, -14, 6, 4), (3, 9, -10.5, 6.5, 3.5), (8, 12, -9, 6.5, 3)),
    muscle(
        "sternomastoid",
        (-0.5, 59, 8, 6, 13),
        (2, 52, -2, 8, 16),
        (4, 45, -16, 8, 16),
        (6, 34, -34, 9, 11),
        (8, 20, -46, 9, 6),
        angle_deg=-12,
    ),
    Tube("parotid", -20, ((-0.2, 56, -20, 10, 16), (2.4, 53, -22, 10, 15)), True),
    muscle("masseter", (-0.5, 57, -44, 8, 18), (2.3, 51, -46, 7, 17)),
    muscle("pterygoid", (-1.5, 33, -40, 11, 14), (1.8, 37, -42, 8, 14)),
    muscle("digastric", (0.5, 46, -4, 5, 8), (2.6, 38, -24, 5, 8)),
    Tube("tongue", MUSCLE, ((0.8, 0, -62, 20, 24), (2.0, 0, -62, 24, 27), (3.0, 0, -56, 20, 22))),
    Tube(
        "pharyngeal wall",
        MUSCLE,
        ((-0.8, 0, -28, 16, 11), (1.5, 0, -24, 19, 10), (3.2, 0, -24, 20, 12)),
    ),
    Tube("submandibular", 48, ((2.0, 34, -46, 9, 11), (3.3, 31, -46, 10, 12)), True),
    muscle("strap", (3.2, 10, -47, 9, 4), (5, 16, -46, 7, 6), (8, 13, -44, 11, 3)),
    Tube(
        "prevertebral",
        50,
        ((0.3, 0, -17, 14, 4), (3, 0, -12, 15, 3.5), (5, 0, -13, 17, 5), (9, 0, -12, 14, 3)),
    ),
    Tube(
        "carotid",
        62,
        (
            (-1, 27, -10, 3, 3),
            (1, 25, -14, 3, 3),
            (3, 26, -18, 3.4, 3.4),
            (5, 25, -20, 3.6, 3.6),
            (9, 18, -22, 3.8, 3.8),
        ),
        True,
    ),
    Tube(
        "jugular",
        50,
        ((-1, 32, -6, 4, 4), (3, 33, -16, 5, 5.5), (6, 32, -22, 6, 5), (9, 26, -26, 6, 6)),
        True,
    ),
    Tube("oesophagus", 42, ((5.6, 1, -15, 8, 3.5), (9.9, 4, -13, 7, 5))),
    Tube(
        "thyroid gland",
        115,
        ((5.2, 15, -28, 4, 8), (6.2, 17, -28, 8, 12), (7.4, 16, -28, 6, 9)),
        True,
    ),
    Tube("larynx wall", 50, ((3.7, 0, -31, 15, 15), (5.3, 0, -29, 12, 13))),
    Tube(
        "hyoid body",
        450,
        ((2.9, 0, -50, 13, 4.5), (3.35, 0, -50, 13, 4.5)),
        wall_hu=800,
        wall_mm=1.2,
    ),
    Tube(
        "hyoid horn", 600, ((2.85, 19, -38, 2.2, 12), (3.25, 19, -38, 2.2, 12)), True, angle_deg=-14
    ),
    Tube(
        "thyroid cartilage",
        190,
        ((3.9, 11, -36, 2.5, 13), (5.2, 10, -36, 2.5, 13)),
        True,
        420,
        0.7,
        -28,
    ),
    Tube("cricoid", 50, ((5.3, 0, -29, 11, 12), (5.95, 0, -29, 11, 12)), wall_hu=380, wall_mm=2.6),
    Tube("nasopharynx", AIR, ((-0.8, 0, -30, 9, 7), (0.8, 0, -25, 11, 6), (1.8, 0, -24, 10, 5))),
    Tube("oropharynx", AIR, ((1.3, 0, -24, 10, 5), (2.3, 0, -22, 13, 6), (3.5, 0, -21.5, 13, 7))),
    Tube(
        "larynx and trachea",
        AIR,
        (
            (3.2, 0, -25, 10, 9),
            (4.2, 0, -28, 7, 10),
            (4.9, 0, -30, 4.0, 11),
            (5.4, 0, -30, 7.5, 9),
            (7, 0, -28, 8, 8.5),
            (10, 0, -26, 8.5, 8),
        ),
        wall_hu=90,
        wall_mm=1.4,
    ),
    Tube("vestibule", AIR, ((2.95, 0, -22, 12, 7), (3.8, 0, -26, 9.5, 9))),
    Tube("nasal cavity", -900, ((-3, 7, -70, 5, 26), (0.2, 7, -66, 5, 24)), True, 300, 0.8),
    Tube("maxillary sinus", -980, ((-3, 30, -66, 13, 15), (-0.2, 28, -66, 12, 14)), True, 500, 1.5),
    Tube("palate", 350, ((0.15, 0, -68, 20, 24), (0.5, 0, -68, 20, 24)), wall_hu=850, wall_mm=2.0),
    Tube("lung", -850, ((8.2, 32, 2, 6, 8), (8.8, 42, 2, 20, 24), (10, 48, 2, 32, 38)), True),
    Tube(
        "clavicle",
        350,
        ((7.6, 88, -30, 26, 6), (8.4, 55, -42, 26, 7), (9.4, 28, -50, 14, 8)),
        True,
        950,
        2.2,
        12,
    ),
    Tube("scapula", 350, ((7.3, 120, 34, 28, 8), (9.9, 95, 44, 30, 6)), True, 900, 2.0, -20),
)
