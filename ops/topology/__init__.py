"""The local topology: every tier of production as real processes on one machine.

Runs without Django, so that a fresh clone can start it: `python -m ops.topology up`.
"""
