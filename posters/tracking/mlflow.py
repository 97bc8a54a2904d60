"""MLflow: runs of the experiment `posters`, where MLFLOW_TRACKING_URI says or MLflow's own default is."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posters._base.optional_imports import require

EXPERIMENT = "posters"
# Seven retries, MLflow's default, take two minutes to notice that there is no server.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


class MlflowTracker:
    """A run of MLflow, see `posters.tracking.Tracker`. The variable MLFLOW_EXPERIMENT_NAME names another experiment.

    Examples:
        >>> MlflowTracker.__name__
        'MlflowTracker'
    """

    def __init__(self, run: Path, parameters: Mapping[str, Any], id: str) -> None:
        for name, value in _PATIENCE.items():
            os.environ.setdefault(name, value)
        mlflow = require("mlflow", "mlflow")
        self._client, self.id = mlflow.MlflowClient(), id
        if id:
            self._client.update_run(id, status="RUNNING")
            return
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        experiment = self._client.get_experiment_by_name(name)
        where = experiment.experiment_id if experiment else self._client.create_experiment(name)
        self.id = self._client.create_run(where, run_name=run.name).info.run_id
        for key, value in parameters.items():
            self._client.log_param(self.id, key, value)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add metrics."""
        for name, value in values.items():
            self._client.log_metric(self.id, name, value, step=step)

    def attach(self, path: Path, name: str) -> None:
        """Log an artefact; a file keeps its own name."""
        if path.is_dir():
            self._client.log_artifacts(self.id, str(path), name)
        else:
            self._client.log_artifact(self.id, str(path))

    def close(self, ok: bool) -> None:
        """End the run."""
        self._client.set_terminated(self.id, "FINISHED" if ok else "FAILED")


TRACKER = MlflowTracker
