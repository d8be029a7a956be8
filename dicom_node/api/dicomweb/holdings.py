"""The catalogue with what only the files of results say: which series, which transfer syntax."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from fastapi import Depends

from dicom_node.api.context import Context
from dicom_node.api.dicomweb.problems import DicomwebError, not_held
from dicom_node.api.dicomweb.state import Identities, Place, State
from storage import catalogue
from storage.database import Database
from storage.records.catalogue import CatalogueInstance, CatalogueStudy

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """A received series, or one of results."""

    study: CatalogueStudy
    series_uid: str
    modality: str
    instance_count: int
    first_path: Path
    results: tuple[CatalogueInstance, ...] = ()


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that the node holds, received or made."""

    database: Database
    identities: Identities

    def series_of(self, study: CatalogueStudy) -> tuple[SeriesEntry, ...]:
        """The received series, then those of results."""
        received = [
            SeriesEntry(study, each.series_uid, each.modality, each.instance_count, each.first_path)
            for each in study.series
        ]
        made: dict[str, list[CatalogueInstance]] = defaultdict(list)
        for result in self._identified(study.results):
            assert result.series_uid is not None
            made[result.series_uid].append(result)
        return (
            *received,
            *(
                SeriesEntry(
                    study,
                    series_uid,
                    self.identities.of(results[0].path).modality,
                    len(results),
                    results[0].path,
                    tuple(results),
                )
                for series_uid, results in made.items()
            ),
        )

    def instances_of(self, entry: SeriesEntry) -> tuple[CatalogueInstance, ...]:
        """The instances of one series."""
        if entry.results:
            return entry.results
        return catalogue.received_in(self.database, entry.study.study_uid, entry.series_uid)

    def at(self, place: Place) -> tuple[CatalogueInstance, ...]:
        """What is at a place, at least one instance.

        Raises:
            DicomwebError: nothing is there (404).
        """
        if place.instance_uid is not None:
            return (self.instance_at(place),)
        found = catalogue.received_in(self.database, place.study_uid, place.series_uid)
        if not found or place.series_uid is None:
            found += tuple(
                each
                for each in self._identified(catalogue.results_in(self.database, [place.study_uid]))
                if place.series_uid in (None, each.series_uid)
            )
        if not found:
            raise not_held()
        return found

    def instance_at(self, place: Place) -> CatalogueInstance:
        """The one instance.

        Raises:
            DicomwebError: it is not there (404).
        """
        assert place.instance_uid is not None
        found = catalogue.find_instance(self.database, place.instance_uid)
        if found is not None and found.is_result:
            found = next(self._identified([found]), None)
        if found is None or (found.study_uid, found.series_uid) != (
            place.study_uid,
            place.series_uid,
        ):
            raise not_held()
        return found

    def _identified(self, results: Iterable[CatalogueInstance]) -> Iterator[CatalogueInstance]:
        for each in results:
            try:
                identity = self.identities.of(each.path)
            except DicomwebError:
                logger.error("the file of result %s cannot be read", each.sop_instance_uid)
                continue
            yield replace(
                each,
                series_uid=identity.series_uid,
                transfer_syntax_uid=identity.transfer_syntax_uid,
            )


async def holdings_of(context: Context, state: State) -> Holdings:
    """For one request."""
    return Holdings(context.database, state.identities)


HoldingsDep = Annotated[Holdings, Depends(holdings_of)]
