"""What every stack has to keep to, as rules on resources as data; run on the output of `pulumi preview --json`."""
