"""``cspine-node user``: the people and programs that may sign in at the API."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from dicom_node.administration.users import change_user, user_document
from dicom_node.api.passwords import Passwords, checked_password
from dicom_node.api.people import PersonText, UserName
from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
)
from storage import audit, users
from storage.records import Role


def build_app() -> typer.Typer:
    """The sub-commands of ``user``."""
    app = typer.Typer(no_args_is_help=True)
    for command in (add, list_users, passwd, disable, enable):
        app.command(command.__name__.partition("_")[0])(command)
    return app


def add(
    name: Annotated[str, typer.Argument(help="Small letters, digits, dot, dash, underscore.")],
    role: Annotated[Role, typer.Option(help="What the user is here for.")],
    display_name: Annotated[
        str, typer.Option(help="As it stands in verified reports: Family^Given.")
    ] = "",
    organization: Annotated[
        str, typer.Option(help="Whom the user verifies for; needed for verdicts.")
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Add a user. The password is asked for, or read from stdin; it is never an argument."""
    _check(TypeAdapter(UserName), name, "NAME")
    _check(TypeAdapter(PersonText), display_name, "--display-name")
    _check(TypeAdapter(PersonText), organization, "--organization")
    password_hash = _new_password_hash(name)
    with opened_database(config) as database:
        now = database.now()
        with audit.audited(database, local_actor(), "user.added", name, now=now) as change:
            user = users.add_user(
                database,
                name,
                role=role,
                password_hash=password_hash,
                display_name=display_name,
                organization=organization,
                now=now,
            )
            change.after = user_document(user)
    typer.echo(f"added {name} ({role})")


def list_users(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show all users."""
    with opened_database(config) as database:
        known = users.list_users(database)
    if as_json:
        print_json([asdict(user) for user in known])
        return
    rows = [
        (
            user.name,
            user.role,
            user.display_name,
            user.organization,
            "disabled" if user.disabled else "may sign in",
        )
        for user in known
    ]
    headings = ("name", "role", "display name", "organization", "state")
    print_table(headings, rows, empty="No users yet: cspine-node user add NAME --role admin")


def passwd(name: str, config: ConfigOption = None) -> None:
    """Give a user another password; all sessions of the user end."""
    with opened_database(config) as database:
        users.get_user(database, name)  # before anybody types in vain
        password_hash = _new_password_hash(name)
        now = database.now()
        with audit.audited(database, local_actor(), "user.password", name, now=now):
            users.set_password(database, name, password_hash, now=now)
    typer.echo(f"the password of {name} is changed")


def disable(name: str, config: ConfigOption = None) -> None:
    """A user may no longer sign in; all sessions of the user end. Nothing is deleted."""
    _set_disabled(name, True, config)
    typer.echo(f"disabled {name}")


def enable(name: str, config: ConfigOption = None) -> None:
    """A disabled user may sign in again."""
    _set_disabled(name, False, config)
    typer.echo(f"enabled {name}")


def _set_disabled(name: str, disabled: bool, config: ConfigOption) -> None:
    with opened_database(config) as database:
        now = database.now()
        action = "user.disabled" if disabled else "user.enabled"
        change_user(
            database, name, {"disabled": disabled}, action=action, by=local_actor(), now=now
        )


def _new_password_hash(name: str) -> str:
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password for {name}: ")
        if getpass.getpass("Once more: ") != password:
            raise typer.BadParameter("the two are not the same", param_hint="password")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    return Passwords().hash(checked_password(name, password))


def _check(rule: TypeAdapter[str], value: str, hint: str) -> None:
    try:
        rule.validate_python(value)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"], param_hint=hint) from error
