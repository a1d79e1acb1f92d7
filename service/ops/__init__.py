"""What an operator sets and watches: settings, quotas, the bounded pool."""
