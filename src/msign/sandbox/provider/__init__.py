"""A signature provider in miniature: the official interface on one side, simulated devices on the other."""
