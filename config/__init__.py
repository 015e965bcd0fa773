"""How a process is put together: the environment, settings, addresses, the frame of every page."""
