"""What bench.load and bench.scaling are made of: a server, its clients, and the bare recogniser."""
