"""What an operator sets and watches: settings, CPU quota, the bounded pool, metrics."""
