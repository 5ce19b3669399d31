"""Point-in-time recovery: base backups and the streamed write-ahead log of the whole PostgreSQL instance.

Barman receives the log and takes the base backups, because it knows how both go wrong; what it has on its disk is
shipped from here, encrypted, into the bucket of backups. Nobody who writes there can read it back or delete it.

Barman's own cloud storage was left out: it does not encrypt the log (3.19), and its uploads need a key that may delete.
Recovery is PostgreSQL's own: what `pitr-fetch` brings back is a data directory and a folder with the log.

The backup is of the whole instance, since PostgreSQL has no other kind: other databases of it are in there as well.
"""
