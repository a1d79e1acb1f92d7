"""OpenAI's audio API: its fields, its answers, and what of them is passed over."""
