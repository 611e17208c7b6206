"""Decides. Pure and deterministic: time and randomness are handed in, wishes are handed out."""
