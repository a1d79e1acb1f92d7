"""Models side by side: found, loaded, chosen, asked."""
