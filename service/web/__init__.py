"""HTTP: request forms, answers, and the routes."""
