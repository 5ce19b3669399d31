"""The data: 569 tumours, each with 30 measurements and what it turned out to be, of the package scikit-learn.

Source: Wolberg, Street and Mangasarian, "Breast Cancer Wisconsin (Diagnostic)", UCI Machine Learning Repository, 1993.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pandas as pd
import sklearn
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.pandas_dataset import PandasDataset
from sklearn.datasets import load_breast_cancer

TARGET = "benign"
HELD_OUT_PERCENT = 30
NAME = "breast-cancer-wisconsin"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some rows of the data."""

    name: str
    """As it is listed in MLflow and DataHub."""
    features: pd.DataFrame
    """A row a tumour, a column of float64 a measurement."""
    target: pd.Series[bool]
    """Whether it was benign."""

    def dataset(self) -> PandasDataset:
        """The rows as an input of a run: where they come from, their columns, and a digest of their content."""
        source = CodeDatasetSource({"function": "sklearn.datasets.load_breast_cancer", "version": sklearn.__version__})
        frame = self.features.assign(**{TARGET: self.target})
        return PandasDataset(frame, source=source, targets=TARGET, name=self.name)


@dataclass(frozen=True, kw_only=True)
class Data:
    """The rows that models learn from, and those that they are judged on."""

    training: Part
    held_out: Part


def load() -> Data:
    """Reads the data and parts it.

    A row's own content says in which part it is. So every version of a model is judged on the same rows, and none has
    learnt from them, whenever and by whom it was trained.
    """
    frame = cast("pd.DataFrame", load_breast_cancer(as_frame=True).frame)
    features, target = frame.drop(columns="target"), frame["target"] == 1
    held_out = pd.util.hash_pandas_object(features, index=False) % 100 < HELD_OUT_PERCENT
    return Data(
        training=Part(name=f"{NAME}-training", features=features[~held_out], target=target[~held_out]),
        held_out=Part(name=f"{NAME}-held-out", features=features[held_out], target=target[held_out]),
    )
