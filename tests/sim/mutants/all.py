"""All mutants, in the order of the files."""

from typing import Final

from tests.sim.mutants import addresses, peers, services

MUTANTS: Final = (*addresses.MUTANTS, *peers.MUTANTS, *services.MUTANTS)
