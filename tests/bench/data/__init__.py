"""Benchmarks of the data tier."""
