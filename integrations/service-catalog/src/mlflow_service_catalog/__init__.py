"""Keeps one stack's entry in the services.json of a portal, and every other byte of the file as it is.

A file that is parsed and written anew changes everywhere: indentation, escapes, line ends, numbers. So the text is
scanned for where its entries begin and end (`layout`), and only the bytes of one of them change (`editing`).
"""

from mlflow_service_catalog.editing import Edit, Outcome, merge, remove
from mlflow_service_catalog.entry import parse_entry, schema
from mlflow_service_catalog.errors import CatalogError
from mlflow_service_catalog.files import rewrite

__all__ = ["CatalogError", "Edit", "Outcome", "merge", "parse_entry", "remove", "rewrite", "schema"]
