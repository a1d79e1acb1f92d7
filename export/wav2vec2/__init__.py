"""The integer graph of a `Wav2Vec2ForCTC`, channels last, from its weights."""
