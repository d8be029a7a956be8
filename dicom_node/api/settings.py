"""``/api/v1/settings``: the settings in force, and those that change while the node runs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dicom_node.administration.settings import Setting, change_settings, described
from dicom_node.api.auth import CallerDep
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.api.session import RequestBody

router = APIRouter(prefix="/api/v1/settings", tags=["system"], responses=ERROR_RESPONSES)


class SettingView(BaseModel):
    """One setting in force."""

    key: str
    value: Any
    source: str
    """``default``, ``file``, ``environment`` or ``database``."""
    live: bool
    """Whether it changes while the node runs."""
    at_start: Any
    """What holds if the database says nothing."""

    @classmethod
    def of(cls, setting: Setting) -> SettingView:
        """As the API shows it."""
        return cls.model_validate(setting, from_attributes=True)


class SettingsChange(RequestBody):
    """What is to hold from now on; all of it or nothing."""

    set: dict[str, Any] = Field(default_factory=dict)
    """Key → value, as in the file."""
    reset: list[str] = Field(default_factory=list)
    """Keys for which file and environment are to decide again."""


@router.get("", summary="The settings in force")
def show_settings(context: Context) -> list[SettingView]:
    """With where each comes from; without the database's password."""
    return _all(context)


@router.patch("", summary="Change settings while the node runs")
def patch_settings(body: SettingsChange, caller: CallerDep, context: Context) -> list[SettingView]:
    """Checked as the file is, and in force within two seconds. 422 names the key."""
    change_settings(
        context.database,
        context.settings,
        body.set,
        body.reset,
        by=caller.actor,
        now=context.now(),
    )
    return _all(context)


def _all(context: ApiContext) -> list[SettingView]:
    return [SettingView.of(each) for each in described(context.database, context.settings)]
