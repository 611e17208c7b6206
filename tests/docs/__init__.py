"""The documents are tested like code: what can be drawn from the code is, and the rest is compared.

``python -m tests.docs --write`` writes the marked blocks anew.
"""
