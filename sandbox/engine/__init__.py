"""What a Pulumi engine needs beside itself where no official Pulumi install is at hand.

``language_host`` runs Python programs, ``plugins`` stand in for the postgresql and minio resource plugins, and
``install`` lays both out where the engine looks for them, taking an official build wherever there is one.
"""
