"""Component `MetadataIngestion`: a catalogue knows what MLflow holds, and what came from what."""

from components.metadata_ingestion.args import DataHubArgs, MetadataIngestionArgs
from components.metadata_ingestion.ingestion import MetadataIngestion, ingestion_peer

__all__ = ["DataHubArgs", "MetadataIngestion", "MetadataIngestionArgs", "ingestion_peer"]
