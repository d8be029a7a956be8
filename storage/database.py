"""The database behind the records: opening, upgrading, transactions, translated errors."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from storage.errors import (
    AlreadyExistsError,
    DatabaseTooNewError,
    DatabaseUnavailableError,
    StorageError,
)

LOCK_WAIT_S: Final = 30
"""How long a writer waits for another before the database counts as unavailable."""
CONNECT_TIMEOUT_S: Final = 10
POOL_SIZE: Final = 8
POOL_OVERFLOW: Final = 24
UPGRADE_LOCK: Final = 0x6373_7069_6E65  # "cspine": PostgreSQL's advisory lock while migrating
LOST_RACES_MAX: Final = 8
MIGRATIONS: Final = Path(__file__).with_name("migrations")
DRIVERS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
BEGIN_OPTION: Final = "cspine_sqlite_begin"
UNIQUE_VIOLATIONS: Final = frozenset(
    {
        "23505",  # PostgreSQL: unique_violation
        str(sqlite3.SQLITE_CONSTRAINT_UNIQUE),
        str(sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY),
    }
)

T = TypeVar("T")


class Database:
    """An open database of the current revision; usable from many threads at once."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = _engine(url)
        self._reader = self._engine.execution_options(**{BEGIN_OPTION: "BEGIN"})
        # SQLite's waiting writers poll, and some poll for seconds: here they take turns.
        self._turn = threading.Lock() if url.get_backend_name() == "sqlite" else nullcontext()
        self._closed = False
        self._joined = threading.local()

    @property
    def url_without_password(self) -> str:
        """For logs and messages."""
        url = self._url.difference_update_query(["password", "sslpassword"])
        return url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One writing transaction: committed at the end of the block, or rolled back by an error.

        Inside another one of this thread it is a part of that: what is written together holds
        or falls together.

        Raises:
            AlreadyExistsError: a unique key is taken.
            DatabaseUnavailableError: no connection, locked for too long, or full.
        """
        outer = self._outer()
        if outer is not None:
            with translated_errors(self.url_without_password):
                yield outer
                outer.flush()
            return
        with self._turn, self._session(self._engine) as session:
            self._joined.session = session
            try:
                yield session
            finally:
                self._joined.session = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads: on SQLite it waits for no writer."""
        outer = self._outer()
        if outer is not None:
            with translated_errors(self.url_without_password):
                yield outer
            return
        with self._session(self._reader) as session:
            yield session

    def converge(self, work: Callable[[Session], T]) -> T:
        """``work`` in one transaction; anew when another writer inserted the same key first."""
        for _ in range(1 if self._outer() else LOST_RACES_MAX):  # a part cannot begin anew
            try:
                with self.transaction() as session:
                    return work(session)
            except AlreadyExistsError as error:
                lost = error
        raise DatabaseUnavailableError("too many writers of the same rows at once") from lost

    def now(self) -> datetime:
        """UTC by the clock that all nodes on this database share."""
        if self._engine.dialect.name == "sqlite":
            return datetime.now(UTC)
        with self.reading() as session:
            now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)

    def close(self) -> None:
        """Close all connections; nothing works afterwards. May be called again."""
        self._closed = True
        self._engine.dispose()

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        if self._closed:
            raise DatabaseUnavailableError("the database is closed")
        with (
            translated_errors(self.url_without_password),
            Session(engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def _outer(self) -> Session | None:
        """The writing transaction that this thread is in."""
        return getattr(self._joined, "session", None)

    def upgrade(self) -> None:
        """Bring the tables to this program's revision, once, however many programs start.

        Raises:
            DatabaseTooNewError: a newer version of the program was here.
        """
        script = ScriptDirectory(str(MIGRATIONS))
        with translated_errors(self.url_without_password):
            with self._reader.begin() as connection:
                if _is_current(connection, script):
                    return
            with self._engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(
                        text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK}
                    )
                if not _is_current(connection, script):  # another program may have been first
                    config = Config(attributes={"connection": connection})
                    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
                    command.upgrade(config, "head")


def open_database(url: str) -> Database:
    """Open the database and create or upgrade its tables.

    Args:
        url: ``sqlite:///file`` or ``postgresql://user@host/name``, as SQLAlchemy writes them.

    Raises:
        DatabaseTooNewError: a newer version of the program was here.
        DatabaseUnavailableError: it cannot be opened.
    """
    database = Database(_supported_url(url))
    try:
        database.upgrade()
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def translated_errors(where: str) -> Iterator[None]:
    """SQLAlchemy's errors as ours.

    Statement parameters and PostgreSQL's DETAIL carry patient data: neither reaches the message,
    and only errors that cannot have them stay chained.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(cause).split())
        raise DatabaseUnavailableError(f"database {where}: {reason}") from error
    except DBAPIError as error:
        code = _error_code(error)
        if code in UNIQUE_VIOLATIONS:
            raise AlreadyExistsError("a row of the same key is already there") from None
        kind = type(error.orig).__name__
        raise StorageError(f"database {where}: {kind} ({code})") from None
    except StatementError as error:  # a value that a column type refused before it left
        raise StorageError(f"database {where}: {error.orig}") from error
    except SQLAlchemyError as error:
        raise StorageError(f"database {where}: {error}") from error


def _error_code(error: DBAPIError) -> str:
    """SQLite's extended result code, or PostgreSQL's SQLSTATE."""
    for name in ("sqlite_errorcode", "sqlstate"):
        code = getattr(error.orig, name, None)
        if code is not None:
            return str(code)
    return "no code"


def _supported_url(text_: str) -> URL:
    try:
        url = make_url(text_)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        # Not chained: the text may hold a password.
        raise DatabaseUnavailableError("the database URL cannot be read") from None
    if backend not in DRIVERS:
        raise DatabaseUnavailableError(f"no support for {backend}: use sqlite or postgresql")
    if backend == "sqlite" and url.database in (None, "", ":memory:"):
        raise DatabaseUnavailableError("the SQLite database must be a file: sqlite:////path")
    return url.set(drivername=DRIVERS[backend])


def _engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    connect_args: dict[str, Any] = (
        {"timeout": LOCK_WAIT_S}
        if sqlite
        else {
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "cspine-node",
            "options": f"-c lock_timeout={LOCK_WAIT_S}s -c timezone=UTC",
        }
    )
    if sqlite:
        _prepare_sqlite_file(url)
    try:
        engine = create_engine(
            url,
            connect_args=connect_args,
            hide_parameters=True,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_pre_ping=not sqlite,
        )
    except ImportError as error:
        raise DatabaseUnavailableError(
            f"the PostgreSQL driver is missing ({error}): pip install 'cspine-node[postgresql]'"
        ) from error
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite_file(url: URL) -> None:
    """Create the file readable by its owner only (its WAL inherits the mode), and in WAL mode."""
    assert url.database is not None
    try:
        os.close(os.open(url.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(url.database, timeout=LOCK_WAIT_S)
        try:
            # WAL: readers and the one writer do not wait for each other. It stays in the file.
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnavailableError(f"database {url.database}: {error}") from error
    if mode != "wal":
        raise DatabaseUnavailableError(f"database {url.database}: its file system allows no WAL")


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute("PRAGMA foreign_keys = ON")
    # On purpose: in WAL mode NORMAL may forget the last commits when the power fails. What this
    # node has said of an instance, a claim or a delivery must be true after that, too.
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a writer queues up at its start; a read that becomes a write later could fail.
    connection.exec_driver_sql(
        connection.get_execution_options().get(BEGIN_OPTION, "BEGIN IMMEDIATE")
    )


def _is_current(connection: Connection, script: ScriptDirectory) -> bool:
    found = set(MigrationContext.configure(connection).get_current_heads())
    known = {each.revision for each in script.walk_revisions()}
    if found - known:
        raise DatabaseTooNewError(
            "the database was written by a newer version of cspine-node "
            f"(revision {', '.join(sorted(found - known))}): install that version"
        )
    return found == set(script.get_heads())
