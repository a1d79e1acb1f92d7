"""How synthetic speech is made: a voice, a recording, a mixture of both."""
