"""Carries packets."""
