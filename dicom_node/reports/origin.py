"""What every result object says of where it comes from: which installation, and research only."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from highdicom.sr import CodedConcept, DeviceObserverIdentifyingAttributes, ObserverContext

from dicom_node.reports import codes
from dicom_node.reports.measurement_groups import derived_uid
from dicom_node.uids import MANUFACTURER, MODEL_NAME

SERIES_DESCRIPTION: Final = "AI C-spine fracture RESEARCH ONLY"


@dataclass(frozen=True, slots=True)
class ReportingDevice:
    """The installation that a report comes from. ``station_name`` has at most 16 characters."""

    ae_title: str
    station_name: str
    software_version: str
    manufacturer: str = MANUFACTURER
    model_name: str = MODEL_NAME

    @property
    def uid(self) -> str:
        """The same for every object of this installation."""
        return derived_uid("device", self.ae_title, self.station_name)


def reporting_device(ae_title: str) -> ReportingDevice:
    """What the objects of this installation say of their origin."""
    return ReportingDevice(
        ae_title=ae_title,
        station_name=socket.gethostname()[:16],  # VR SH
        software_version=version("cspine-node"),
    )


def observer_of(device: ReportingDevice) -> ObserverContext:
    """The installation as the observer of a document (PS3.16 TID 1002 and 1004)."""
    return ObserverContext(
        observer_type=CodedConcept.from_code(codes.DEVICE.code),
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=device.uid,
            name=device.ae_title,
            manufacturer_name=device.manufacturer,
            model_name=device.model_name,
            physical_location=device.station_name,
        ),
    )
