"""What /docs and /api-info say of the routes."""
