"""What is asked of the engines, and the figures that come of it."""
