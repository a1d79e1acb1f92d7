"""What a run leaves: answers in their places, and a table of what became of each."""
