"""The local topology: every tier of production as real processes on one machine.

`python -m ops.topology up` starts it, without Django, so that a fresh clone can.
"""
