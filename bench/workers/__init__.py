"""Engines in processes of their own, and what is asked of them."""
