"""Code that runs inside the server, not in the Pulumi program: it imports MLflow and nothing of this project."""
