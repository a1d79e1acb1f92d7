"""ElevenLabs' alignment API: its fields and its answers."""
