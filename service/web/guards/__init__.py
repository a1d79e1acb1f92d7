"""What stands between a connection and the routes: who, how much, how fast, with what headers."""
