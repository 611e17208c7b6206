"""The judge judged: each mutant breaks one safety rule, and some check must say so.

A mutant replaces one function of the production code (two, where the rule is kept in two places)
while it is applied. ``python -m tests.sim.mutants`` runs all of them and prints a table.
"""
