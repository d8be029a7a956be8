"""``/api/v1/models``: the models that the node knows, and which of them reads."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel

from dicom_node.administration.models import KnownModel, activate_model, known_models
from dicom_node.api.auth import CallerDep
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError

router = APIRouter(prefix="/api/v1/models", tags=["models"], responses=ERROR_RESPONSES)


class ModelView(BaseModel):
    """A model, as the API shows one."""

    file: str
    format: str
    sha256: str
    """As results and reports name it."""
    size_bytes: int
    shipped: bool
    active: bool
    """Chosen to read."""
    shadow: bool
    """Chosen to read beside the active one, without being sent."""
    running: bool
    """Loaded by the inference process at this moment."""
    problem: str | None
    """Why it cannot be used."""
    card: dict[str, Any]
    """What it says of itself: name, version, architecture, input, data, operating point, …"""

    @classmethod
    def of(cls, model: KnownModel, running: str | None) -> ModelView:
        """As the API shows it; ``running``: digest of what is loaded."""
        file = model.file
        return cls(
            file=file.path.name,
            format=file.format,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            shipped=model.shipped,
            active=model.active,
            shadow=model.shadow,
            running=file.sha256 == running,
            problem=file.problem,
            card=dict(file.record),
        )


Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file.")]


@router.get("", summary="All models")
def list_models(context: Context) -> list[ModelView]:
    """The shipped one, those in the folder ``models``, and the one that the configuration names."""
    return all_models(context)


@router.post("/{sha256}/activate", summary="Let a model read")
def activate(sha256: Digest, caller: CallerDep, context: Context) -> list[ModelView]:
    """The job under way ends with the old one; the next begins with this one, already warm.

    409 if it cannot be used. One that turns out to be damaged when it is loaded does not take over:
    it is ``active`` then, but not ``running``.
    """
    require_known(context, sha256)
    activate_model(
        context.database,
        context.settings,
        context.data_dir,
        sha256,
        by=caller.actor,
        now=context.now(),
    )
    return all_models(context)


def require_known(context: ApiContext, sha256: str) -> None:
    """Refuse a digest of no model."""
    if all(each.sha256 != sha256 for each in all_models(context)):
        raise ApiError(404, "not_found", "No model of that digest is known.")


def all_models(context: ApiContext) -> list[ModelView]:
    """As they are now."""
    loaded = context.instruments.worker.model
    running = None if loaded is None else loaded.sha256
    known = known_models(context.database, context.settings, context.data_dir)
    return [ModelView.of(each, running) for each in known]
