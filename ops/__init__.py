"""Running the site: health, logs, metrics, checks, commands, and the whole site on one machine."""
