"""Text as the models spell it, and the way back to the text that was given."""
