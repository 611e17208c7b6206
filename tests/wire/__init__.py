"""The wire: forms, authentication, serial frames."""
