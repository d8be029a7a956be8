"""The series that a run learns from and is validated on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.errors import DataError
from inference.training.config import FIRST_VALIDATION_SEED, ConfigError, FitConfig
from inference.training.phantom_slices import StudyOrder, make_cache
from inference.training.rsna_slices import prepared_slices
from inference.training.study_slices import StudySlices

TRAINING_FOLD: Final = -1
"""Of a phantom that teaches."""
VALIDATION_FOLD: Final = 0
NEGATIVE_EVERY: Final = 8
"""Of so many validation seeds one has no cervical spine."""


@dataclass(frozen=True, slots=True, eq=False)
class FitData:
    """Series, and what a record says of them."""

    training: Sequence[StudySlices]
    validation: Sequence[StudySlices]
    description: str
    training_description: str
    validation_description: str

    def first_patients(self, count: int) -> list[StudySlices]:
        """The training series of so many patients, evenly taken from all of them."""
        keys = list(dict.fromkeys(each.patient_key for each in self.training))
        if len(keys) > count:
            keys = [keys[i * len(keys) // count] for i in range(count)]
        chosen = set(keys)
        return [each for each in self.training if each.patient_key in chosen]


def phantom_data(
    config: FitConfig, cache: Path, *, workers: int, on_progress: Callable[[int, int], None]
) -> FitData:
    """Make what the cache lacks, and open it.

    Raises:
        ConfigError: more studies than there are training seeds.
        DataError: the cache cannot be written or read.
    """
    phantoms = config.phantoms
    count = phantoms.studies + phantoms.negatives
    if count > FIRST_VALIDATION_SEED:
        raise ConfigError(f"there are only {FIRST_VALIDATION_SEED} training seeds")
    contract = config.input_contract()

    def order(seed: int, *, spine: bool, fold: int) -> StudyOrder:
        matrix = phantoms.matrices[seed % len(phantoms.matrices)]
        return StudyOrder(seed, spine, matrix, contract, fold)

    training = [
        order(seed, spine=seed < phantoms.studies, fold=TRAINING_FOLD) for seed in range(count)
    ]
    last = FIRST_VALIDATION_SEED + phantoms.validation
    validation = [
        order(seed, spine=seed % NEGATIVE_EVERY != NEGATIVE_EVERY - 1, fold=VALIDATION_FOLD)
        for seed in range(FIRST_VALIDATION_SEED, last)
    ]
    total = count + len(validation)
    made = make_cache(
        training, cache, workers=workers, on_progress=lambda done: on_progress(done, total)
    )
    held = make_cache(
        validation,
        cache,
        workers=workers,
        on_progress=lambda done: on_progress(count + done, total),
    )
    return FitData(
        made,
        held,
        "procedural cervical spine CT phantoms with their intact twins, and volumes without a "
        "cervical spine; no patient's image",
        f"seeds 0–{count - 1}: {phantoms.studies} with a cervical spine, "
        f"{phantoms.negatives} without",
        f"seeds {FIRST_VALIDATION_SEED}–{last - 1}",
    )


def prepared_data(
    config: FitConfig,
    directory: Path,
    fold: int,
    cache: Path,
    *,
    workers: int,
    on_progress: Callable[[int, int], None],
) -> FitData:
    """A prepared set; one fold is held out for validation.

    Raises:
        DataError: the set or the cache cannot be used, or the fold leaves nothing on one side.
    """
    series = prepared_slices(
        directory,
        config.input_contract(),
        cache,
        rule=config.prepared.rule,
        workers=workers,
        on_progress=on_progress,
    )
    held = [each for each in series if each.fold == fold]
    rest = [each for each in series if each.fold != fold]
    if not held or not rest:
        folds = sorted({each.fold for each in series})
        raise DataError(
            f"{directory}: fold {fold} leaves {len(rest)} studies to train on and {len(held)} to "
            f"validate on; its folds are {', '.join(map(str, folds))}"
        )
    return FitData(
        rest,
        held,
        f"a prepared set of {len(series)} studies",
        f"{len(rest)} studies of the other folds",
        f"{len(held)} studies of fold {fold}",
    )
