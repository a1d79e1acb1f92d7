"""Server-sent events: progress and text while the work goes on."""
