"""What the endpoints work with: built once by the composition root, handed to ``build_api``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from dicom_node.administration.settings import in_force
from dicom_node.api.guard import SignInGuard
from dicom_node.api.passwords import Passwords
from dicom_node.api.setup_token import SetupToken
from dicom_node.config import Settings
from dicom_node.monitoring.instruments import Instruments
from dicom_node.reports.origin import ReportingDevice
from dicom_node.scu.association import ScuIdentity
from storage.database import Database
from storage.files import DataDir


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What the endpoints work with.

    Attributes:
        settings: as read at the start; see :meth:`in_force`.
        device: what reports of this installation say of their origin.
        scu: how this node calls others.
        setup: makes the first administrator; spent as soon as there is a user.
        instruments: what this process counts, and how its other parts are.
        clock: UTC; ``None`` is the database's.
    """

    settings: Settings
    database: Database
    data_dir: DataDir
    device: ReportingDevice
    scu: ScuIdentity
    setup: SetupToken = field(default_factory=SetupToken)
    passwords: Passwords = field(default_factory=Passwords)
    guard: SignInGuard = field(default_factory=SignInGuard)
    instruments: Instruments = field(default_factory=Instruments)
    clock: Callable[[], datetime] | None = None

    def in_force(self) -> Settings:
        """The settings, with those that were changed while the node ran."""
        return in_force(self.database, self.settings)

    def now(self) -> datetime:
        """UTC."""
        return self.clock() if self.clock is not None else self.database.now()


async def context_of(request: Request) -> ApiContext:
    """The context of the API that serves the request."""
    context: ApiContext = request.app.state.context
    return context


Context = Annotated[ApiContext, Depends(context_of)]
