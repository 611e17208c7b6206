"""Bytes to messages and back: field names, both wire forms, authentication, the serial splitter."""
