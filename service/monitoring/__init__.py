"""What is told of requests: their facts, metrics, quantiles, log lines and traces."""
