"""From an announced upload to verified files: attempts, rendering, edits, files in parts."""
