"""Entry point of the console script ``cspine-train``."""

from __future__ import annotations

from inference.threads import wait_passively


def main() -> None:
    """Run the command; its libraries are loaded only once the threads' manners are set."""
    wait_passively()
    from inference.training.cli import main as run  # noqa: PLC0415

    run()
