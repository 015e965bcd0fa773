"""Ways out of the site: share links, albums in one ZIP, embeds."""
