"""What each subcommand of `sidecar` does, apart from reading its arguments."""
