"""Tests that belong to no one service. A regular package: an installed one of this name would win else."""
