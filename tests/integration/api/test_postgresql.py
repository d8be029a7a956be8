"""The core of the API's tests once more, on PostgreSQL: here they find another ``api``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.columns import Base
from storage.database import Database, open_database
from tests.integration.api.conftest import Api, running
from tests.integration.api.test_administration import (
    test_the_trail_is_filtered_by_what_who_and_about,
)
from tests.integration.api.test_deletion import test_deleted_with_its_files_and_told_what_stays
from tests.integration.api.test_door import test_a_database_that_is_gone_is_503
from tests.integration.api.test_events import (
    hasty,
    test_changes_come_as_they_happen_and_say_nothing_of_the_patient,
)
from tests.integration.api.test_health import test_metrics_are_what_the_database_says
from tests.integration.api.test_session import test_a_changed_password_ends_all_sessions
from tests.integration.api.test_settings import test_changed_shown_audited_reset_and_undone
from tests.integration.api.test_undo import test_the_last_administrator_stays
from tests.integration.api.test_verdicts import (
    refused,
    test_of_two_readers_at_once_one_sees_the_other_s,
    test_the_same_again_is_the_same_and_a_changed_mind_a_further_one,
)
from tests.integration.api.test_worklist import (
    test_a_parked_delivery_is_resumed_and_one_that_arrived_is_sent_again,
    test_filters_and_counts,
    test_of_many_who_take_at_once_one_has_it,
    test_pages_by_cursor,
    three,
)
from tests.postgres import PostgresServer, postgres_server

__all__ = [
    "hasty",
    "postgres_server",
    "refused",
    "test_a_changed_password_ends_all_sessions",
    "test_a_database_that_is_gone_is_503",
    "test_a_parked_delivery_is_resumed_and_one_that_arrived_is_sent_again",
    "test_changed_shown_audited_reset_and_undone",
    "test_changes_come_as_they_happen_and_say_nothing_of_the_patient",
    "test_deleted_with_its_files_and_told_what_stays",
    "test_filters_and_counts",
    "test_metrics_are_what_the_database_says",
    "test_of_many_who_take_at_once_one_has_it",
    "test_of_two_readers_at_once_one_sees_the_other_s",
    "test_pages_by_cursor",
    "test_the_last_administrator_stays",
    "test_the_same_again_is_the_same_and_a_changed_mind_a_further_one",
    "test_the_trail_is_filtered_by_what_who_and_about",
    "three",
]


@pytest.fixture(scope="module")
def migrated(postgres_server: PostgresServer) -> Iterator[tuple[str, Database]]:
    """A PostgreSQL database with all tables, for the tests of this module one after another."""
    with postgres_server.database() as url:
        database = open_database(url)
        yield url, database
        database.close()


@pytest.fixture
def api(migrated: tuple[str, Database], tmp_path: Path) -> Iterator[Api]:
    """As for the other tests, but not on SQLite."""
    url, database = migrated
    with running(tmp_path, database_url=url) as found:
        assert "postgresql" in found.database.url_without_password
        yield found
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
    with database.transaction() as session:
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
