"""Code that runs inside the exporter's pod, not in the Pulumi program: it imports nothing of this project but its log.

The pod runs the server's image, which has psycopg2, botocore and prometheus-client. Its Python may be older than the
project's: MLflow 3.17 supports 3.10.
"""
