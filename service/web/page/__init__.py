"""The page at /ui: its files, its settings and its example recordings."""
