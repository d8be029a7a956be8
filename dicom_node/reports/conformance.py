"""The gate: no report leaves the node that fails our own check.

Validators check the IOD, never the template, so what a reader relies on is asserted here: the
right patient, every level once and coded right, nothing unassessed called absent, the whole
series as evidence, unverified, research only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from pydicom.dataset import Dataset

from dicom_node.errors import NonConformantReportError
from dicom_node.reports import document_rules, group_rules, region_rules

Rule: TypeAlias = Callable[[Dataset, Sequence[Dataset]], Iterator[str]]

RULES: Final[Mapping[str, Rule]] = {
    "SOP class": document_rules.sop_class,
    "mandatory attributes": document_rules.mandatory_attributes,
    "own UIDs": document_rules.own_uids,
    "patient and study": document_rules.patient_and_study,
    "unverified": document_rules.unverified,
    "research only": document_rules.research_only,
    "template": document_rules.template,
    "observation context": document_rules.observation_context,
    "evidence": document_rules.evidence,
    "references": document_rules.references,
    "image library": document_rules.image_library,
    "one group a site": group_rules.one_group_a_site,
    "tracking": group_rules.tracking,
    "finding": group_rules.finding,
    "evaluation": group_rules.evaluation,
    "probability": group_rules.probability,
    "algorithm": group_rules.algorithm,
    "in words": group_rules.in_words,
    "numbers agree": group_rules.numbers_agree,
    "not assessed": group_rules.not_assessed,
    "regions": region_rules.regions,
    "places": region_rules.places,
    "findings have regions": region_rules.findings_have_regions,
}


def check(report: Dataset, sources: Sequence[Dataset]) -> tuple[str, ...]:
    """What is wrong with ``report``, rule by rule; empty if nothing is.

    ``sources`` are headers from ``evidence.read_sources``. No text has patient data in it.
    """
    return tuple(
        f"{name}: {problem}" for name, rule in RULES.items() for problem in rule(report, sources)
    )


def require_conformant(report: Dataset, sources: Sequence[Dataset]) -> None:
    """Raise :class:`NonConformantReportError`, naming what is wrong, unless nothing is."""
    if problems := check(report, sources):
        raise NonConformantReportError(f"the report is not conformant: {'; '.join(problems)}")
