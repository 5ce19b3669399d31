"""Component `GarbageCollection`: what MLflow users have deleted goes for good, with its artifacts."""

from components.garbage_collection.args import GarbageCollectionArgs
from components.garbage_collection.collection import GarbageCollection

__all__ = ["GarbageCollection", "GarbageCollectionArgs"]
