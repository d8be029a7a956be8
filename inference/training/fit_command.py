"""How ``cspine-train fit`` is typed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import torch
import typer
from rich.console import Console

from inference.training.config import FitConfig, packaged_configs, read_config
from inference.training.fit_data import phantom_data, prepared_data
from inference.training.progress import progress_bars

ACCELERATORS: Final = ("auto", "cpu", "gpu")


def fit_command(  # noqa: PLR0913, PLR0917 - one per option
    config: Annotated[
        str,
        typer.Option(help=f"{', '.join(packaged_configs())}, or a TOML file.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option(help="Folder for the model, the logs and the checkpoints.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="A prepared set; phantoms if not said.", exists=True, file_okay=False),
    ] = None,
    fold: Annotated[int, typer.Option(min=0, help="Of the prepared set, for validation.")] = 0,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the file's.")] = None,
    max_steps: Annotated[
        int | None, typer.Option(min=1, help="At most so many steps in each stage.")
    ] = None,
    initial_weights: Annotated[
        Path | None,
        typer.Option(help="Take the encoder of this model file.", exists=True, dir_okay=False),
    ] = None,
    accelerator: Annotated[str, typer.Option(help="auto, cpu or gpu.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="How many of them.")] = 1,
    precision: Annotated[
        str, typer.Option(help="auto: bf16-mixed on a GPU, 32-true on a CPU.")
    ] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="For torch.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="That make the series.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Of the series; OUTPUT/cache.")] = None,
    version: Annotated[str, typer.Option(help="Of the model, in its record.")] = "0",
) -> None:
    """Train, go on where it stopped, and write OUTPUT/model.safetensors."""
    if accelerator not in ACCELERATORS:
        raise typer.BadParameter(f"say one of {', '.join(ACCELERATORS)}", param_hint="accelerator")
    chosen = overridden(read_config(config), seed, max_steps)
    # Lightning takes seconds to load: only when it is needed.
    from inference.training.fit_run import FitRun  # noqa: PLC0415
    from inference.training.lightning_stage import Machine  # noqa: PLC0415

    if threads is not None:
        torch.set_num_threads(threads)
    run = FitRun(
        chosen,
        Machine(accelerator, devices, precision),
        output,
        initial_weights,
        version,
        on_progress=_progress,
        say=_say,
    )
    run.check()
    folder = cache or output / "cache"
    processes = workers or os.cpu_count() or 1
    with progress_bars() as bars:

        def report(done: int, of: int) -> None:
            bars("making series", done, of)

        if data is None:
            series = phantom_data(chosen, folder, workers=processes, on_progress=report)
        else:
            series = prepared_data(
                chosen, data, fold, folder, workers=processes, on_progress=report
            )
    path = run.fit(series)
    if path is not None:
        Console().print(str(path), soft_wrap=True)


def overridden(config: FitConfig, seed: int | None, max_steps: int | None) -> FitConfig:
    """What the options change."""
    if seed is not None:
        config = config.model_copy(update={"seed": seed})
    if max_steps is not None:
        slices, series = config.slices, config.series
        config = config.model_copy(
            update={
                "slices": slices.model_copy(update={"steps": min(slices.steps, max_steps)}),
                "series": series.model_copy(update={"steps": min(series.steps, max_steps)}),
            }
        )
    return config


def _progress(what: str, done: int, of: int) -> None:
    """Between Lightning's own bars: a line at every tenth."""
    if of and (done == of or done * 10 // of > (done - 1) * 10 // of):
        _say(f"{what}: {done} of {of}")


def _say(line: str) -> None:
    sys.stderr.write(f"cspine-train: {line}\n")
