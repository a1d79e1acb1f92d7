"""What `python -m service` does, a command a file."""
