"""The API does what its OpenAPI document says, whatever it is asked: no 5xx, no other shape."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text

from dicom_node.api.app import build_api, openapi_document
from storage.records import Role
from tests.integration.api.conftest import Api
from tests.integration.storage.test_worklist import analysed

EXAMPLES: Final = 8
ENDLESS: Final = "/api/v1/events"
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
WITHOUT_TOKEN: Final = None


def document_of(api: Api) -> dict[str, Any]:
    document = openapi_document(build_api(api.context))
    del document["paths"][ENDLESS]
    return document


@pytest.mark.parametrize("role", [WITHOUT_TOKEN, *Role], ids=str)
def test_whatever_is_asked_the_answer_is_as_documented(api: Api, role: Role | None) -> None:
    schema = schemathesis.openapi.from_dict(document_of(api))
    analysed(api.database, "1.1", 0.97)
    if role is not None:
        api.add_user(role.value, role)
    for each in schema.get_all_operations():
        assert isinstance(each, Ok)
        _ask(api, each.ok(), role)
        # What was asked may have ended the session, or changed the user: begin anew.
        if role is not None:
            _restore(api, role)


def _ask(api: Api, operation: Any, role: Role | None) -> None:
    headers = {} if role is None else {"Authorization": f"Bearer {api.token(role.value)}"}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        response = case.call(base_url=api.url, headers=headers)
        case.validate_response(response, checks=CHECKS)

    ask()


def _restore(api: Api, role: Role) -> None:
    api.clock.pass_(3600)  # nobody is slowed down any more
    with api.database.transaction() as session:
        session.execute(text("DELETE FROM tokens"))
        session.execute(text("DELETE FROM users"))
    api.add_user(role.value, role)


def test_the_document_is_served_as_it_is(api: Api) -> None:
    served = httpx.get(f"{api.url}/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert ENDLESS in served["paths"]
