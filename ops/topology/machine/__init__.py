"""What the local topology needs of this machine: folders, ports, programs, processes, users."""
