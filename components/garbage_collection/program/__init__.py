"""Code that runs inside the pod of the CronJob, not in the Pulumi program: `mlflow gc`, thing by thing.

The pod runs the server's image, which has MLflow, psycopg2 and boto3. Its Python may be older than the project's.

What `mlflow gc` of MLflow 3.17 removes for good is removed here, by the same methods of MLflow's store: runs, logged
models and experiments that have been deleted for the minimum age. Why not by the command itself, read from its source
(`mlflow/cli/__init__.py`, `_gc_tracking_resources`):

- the first run that cannot be removed ends it, and everything after that one stays;
- it looks at no registered model, and takes the artifacts of a version that is in use. Here, what a version refers to
  is passed over;
- it believes S3 that all objects are gone, although the answer may name some that are not. Here, the folder has to be
  empty before the rows go;
- an experiment takes along its logged models, deleted or not, and leaves their artifacts in the bucket for ever. Here,
  they go one by one with theirs, and an experiment goes when it is empty.

Artifacts are deleted at the bucket and not through the server. A server goes on with a deletion whose client has been
stopped, so that it would reach into a backup that has the lock by then; its answer comes within a request's time, which
a run of many files exceeds; and its own errors hide what the bucket has said. What it would do is no more than is done
here: join the path of `mlflow-artifacts:/PATH` to the bucket.

Left out: as by `mlflow gc` runs of an old MLflow that have no time of deletion, and artifacts of traces; the
experiment `Default`, which a server would make anew; workspaces, which the server does not use. MLflow has no way to
lock a run: one that somebody restores in the second between the last look at it and its removal is lost.
"""
