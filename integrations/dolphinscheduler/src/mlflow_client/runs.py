"""Runs: begun once, with the task's tags, and ended as what became of them."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlflow_client.attempts import earlier_runs, retry_tags
from mlflow_client.errors import MLFlowClientError
from mlflow_client.logging_calls import RunContents
from mlflow_client.logs import tell
from mlflow_client.retries import create_once
from mlflow_client.session import OnRetry, quoted
from mlflow_client.tags import REQUEST_ID, new_request
from mlflow_client.termination import status_after, termination_raises

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlflow import ActiveRun


class Runs(RunContents):
    """What a client does with runs."""

    @contextmanager
    def start_run(
        self,
        run_name: str | None = None,
        *,
        run_id: str | None = None,
        nested: bool = False,
        tags: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        description: str | None = None,
        on_retry: OnRetry | None = None,
    ) -> Iterator[ActiveRun]:
        """A run for the time of a `with` block: the active one, also for MLflow's own functions and autologging.

        It ends as FINISHED, as FAILED after an exception, and as KILLED after SIGTERM or Ctrl+C. After SIGKILL nobody
        can end it; the next attempt goes on with it where `on_retry` is `resume`.

        Args:
            run_name: what it is called; MLflow makes a name up where there is none.
            run_id: goes on with this run instead.
            nested: below the run that is active.
            tags: beside those of the task and of the client.
            params: logged at once.
            description: shown in MLflow's pages, in Markdown.
            on_retry: for this run, instead of the client's.

        Yields:
            An `mlflow.ActiveRun`, with `info.run_id`.

        Raises:
            MLFlowClientError: it could not be begun or ended.
            ConfigurationError: `resume`, and nothing tells which task this is.
        """
        with termination_raises():
            run = self._begin(
                run_name, run_id, self.run_tags(tags), description, on_retry or self.on_retry, nested=nested
            )
            status = "FINISHED"
            try:
                if params:
                    self.log_params(params)
                yield run
            except BaseException as error:
                status = status_after(error)
                self._end_after(run.info.run_id, status, error)
                raise
            self._end(run.info.run_id, status)

    def create_run(self, run_name: str | None = None, *, tags: Mapping[str, object] | None = None) -> str:
        """Creates a run, exactly once, without making it active; it goes on until `end_run`.

        Returns:
            Its id.
        """
        experiment_id, all_tags, request = self.experiment_id, self.run_tags(tags), new_request()
        marked = {**self._common_tags(), **all_tags, REQUEST_ID: request}
        with self._doing(f"creating a run in experiment {self._experiment_name!r}"):
            run_id = create_once(
                "a run",
                lambda: str(self.tracking.create_run(experiment_id, tags=marked, run_name=run_name).info.run_id),
                lambda: self._created_by(request),
                self.tracking.delete_run,
                self.retry,
            )
        self._note("run created", run_id)
        return run_id

    def end_run(self, run_id: str, status: str = "FINISHED") -> None:
        """Ends a run of `create_run`, as FINISHED, FAILED or KILLED."""
        with self._doing(f"ending run {run_id}"):
            self.tracking.set_terminated(run_id, status)
        self._note(f"run ended as {status}", run_id)

    def tag_run(self, run_id: str | None = None) -> None:
        """Puts the tags of task and client on a run that somebody else has begun; by default on the active one."""
        self.set_tags(self.run_tags(), run_id=run_id)

    def _begin(
        self,
        run_name: str | None,
        run_id: str | None,
        tags: dict[str, str],
        description: str | None,
        on_retry: OnRetry,
        *,
        nested: bool,
    ) -> ActiveRun:
        import mlflow  # noqa: PLC0415

        experiment_id = self.experiment_id
        with self._doing(f"starting a run in experiment {self._experiment_name!r}"):
            if run_id:
                return self._resume(run_id, tags, nested=nested)
            if on_retry == "resume":
                parent = mlflow.active_run() if nested else None
                earlier = earlier_runs(
                    self.tracking,
                    experiment_id,
                    context=self.context,
                    tags=tags,
                    run_name=run_name,
                    parent=parent.info.run_id if parent else None,
                )
                left = next((each for each in earlier if each.info.run_id not in self._started), None)
                if left is not None:
                    return self._resume(left.info.run_id, {**tags, **retry_tags(left, self.context)}, nested=nested)
            request = new_request()
            marked = {**tags, REQUEST_ID: request}
            created = create_once(
                "a run",
                lambda: str(
                    mlflow.start_run(
                        run_name=run_name,
                        experiment_id=experiment_id,
                        nested=nested,
                        tags=marked,
                        description=description,
                    ).info.run_id
                ),
                lambda: self._created_by(request),
                self.tracking.delete_run,
                self.retry,
            )
            active = mlflow.active_run()
            if active is None or active.info.run_id != created:
                active = mlflow.start_run(run_id=created, nested=nested)
        self._started.add(created)
        self._note("run started", created)
        return active

    def _resume(self, run_id: str, tags: dict[str, str], *, nested: bool) -> ActiveRun:
        import mlflow  # noqa: PLC0415

        run = mlflow.start_run(run_id=run_id, nested=nested)
        self._started.add(run_id)
        self.set_tags(tags, run_id=run_id)
        self._note("run resumed", run_id)
        return run

    def _created_by(self, request: str) -> list[str]:
        """The runs that one call has created, the first one first."""
        found = self.tracking.search_runs(
            [self.experiment_id], f"tags.`{REQUEST_ID}` = {quoted(request)}", order_by=["attributes.start_time ASC"]
        )
        return [str(each.info.run_id) for each in found]

    @staticmethod
    def _common_tags() -> dict[str, str]:
        """What MLflow says of every run that `mlflow.start_run` creates: user, source, commit."""
        from mlflow.tracking.context.registry import resolve_tags  # noqa: PLC0415

        return dict(resolve_tags())

    def _end(self, run_id: str, status: str) -> None:
        import mlflow  # noqa: PLC0415

        active = mlflow.active_run()
        if active is not None and active.info.run_id == run_id:  # else the block has ended it itself
            with self._doing(f"ending run {run_id}"):
                mlflow.end_run(status)
            self._note(f"run ended as {status}", run_id)

    def _end_after(self, run_id: str, status: str, error: BaseException) -> None:
        """Ends a run without hiding why its block was left."""
        try:
            self._end(run_id, status)
        except MLFlowClientError as failure:
            tell(str(failure), {"run_id": run_id, "status": status, "after": repr(error)}, logging.ERROR)

    def _note(self, message: str, run_id: str) -> None:
        tell(message, {"run_id": run_id, "experiment": self._experiment_name, **self.context.known()})
