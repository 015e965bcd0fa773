"""What workers and the scheduler do: jobs after an event, periodic tasks, erasure, reconciliation."""
