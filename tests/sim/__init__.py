"""A deterministic world for two nodes: the production driver and core over virtual time.

One seed decides everything: the clocks, the network, the kernel, the Docker engine, the operator
and every fault. Nothing here sleeps, reads a clock or opens a socket.
"""
