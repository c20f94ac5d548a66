"""The separator that a command was asked for, its model fetched if need be. Only this file asks `export`."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from export.store import STATEFUL, WINDOWED, BagFiles, StoreError, known, model_bag
from stream.latency.geometry import window_columns
from stream.recording.log import TakeInfo
from stream.separators.fusion.passes import fused
from stream.separators.networks.providers import provider_name
from stream.separators.opening import Opening
from stream.separators.protocol import plugins
from stream.session.setlog import SetInfo
from stream.terminal import answers

__all__ = ["Models", "known"]


class Models:
    """Opens what arguments name; says what it does in lines and progress bars."""

    def __init__(self, say: Callable[[str], None], console: Console) -> None:
        self._say, self._console = say, console

    def opening(self, arguments: Namespace, form: str = WINDOWED) -> Opening:
        """The separator that was asked for; `auto` is settled by the command. Raises StoreError, ValueError, OSError.

        form: of export.store
        """
        name, provider = arguments.model, arguments.provider
        provider_name(provider)  # one that is not here is refused before anything is fetched
        threads = arguments.threads or 0
        if name in plugins():
            return Opening(name, provider=provider, threads=threads)
        bag = self._bag(name, form)
        return Opening(name, bag.files, bag.weights, bag.segment_s, provider, threads, recompute=bag.recompute)

    def live(self, arguments: Namespace) -> Opening:
        """As `opening`, with a state unless whole windows are asked for."""
        windowed = vars(arguments).get("window")  # doctor has no --window
        return self.opening(arguments, WINDOWED if windowed else STATEFUL)

    def live_or_center(self, arguments: Namespace) -> Opening:
        """As `live`, but where no weights are to be had the built-in separator steps in, and says so."""
        try:
            return self.live(arguments)
        except StoreError as error:
            self._say(f"{error}\ndemucs-stream: no weights; using `center`, which only tells the middle of the stereo "
                      "image from the rest: expect far less")
            return self.opening(Namespace(**{**vars(arguments), "model": "center"}))

    def of_take(self, take: TakeInfo) -> Opening:
        """As it was opened when the take was recorded."""
        form = STATEFUL if take.window_s is None else WINDOWED
        found = self.opening(Namespace(model=take.model, provider=take.provider, threads=take.threads), form)
        return replace(found, window_columns=window_columns(take.window_s))

    def of_set(self, info: SetInfo) -> Opening:
        """As it was opened for the songs of a set."""
        return self.opening(Namespace(model=info.model, provider=info.provider, threads=info.threads))

    def export(self, arguments: Namespace) -> dict[str, Any]:
        """Make model files of a checkpoint. Raises ValueError without the extra `export`, and as `export.command`."""
        try:
            from export.command import Order, Tools
            from export.command import export as make
            from stream.command.export import export
        except ModuleNotFoundError as error:
            raise ValueError(f"export needs {error.name}, which is not installed: install this program with its extra "
                             "`export`, for example `pip install '.[export]'` in its folder") from error
        order = Order(arguments.model, arguments.output, arguments.length, arguments.weights, arguments.ort,
                      arguments.stateful)
        with self._downloading() as progress:
            return export(arguments, lambda music: make(order, Tools(music, self._say, progress, fused)))

    def _bag(self, name: str, form: str) -> BagFiles:
        with self._downloading() as progress:
            return model_bag(name, self._say, progress, form)

    @contextmanager
    def _downloading(self) -> Iterator[Callable[[int, int | None, str], None]]:
        """A progress bar for each download."""
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        hidden = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=hidden) as bar:
            tasks: dict[str, Any] = {}

            def progress(done: int, total: int | None, label: str) -> None:
                if label not in tasks:
                    tasks[label] = bar.add_task(answers.shown(label), total=total)
                bar.update(tasks[label], completed=done, total=total)

            yield progress
