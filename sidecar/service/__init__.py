"""Starts, pauses and inspects the containers."""
