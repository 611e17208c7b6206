"""Owns the address."""
