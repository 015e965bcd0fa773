"""What people type: tags, mentions, searches, file names, cleaning. No database."""
