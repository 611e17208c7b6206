"""Tells other systems what happened: each occurrence that an operator wants, posted to webhooks."""
