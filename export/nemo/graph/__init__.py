"""The integer graph of a conformer with a CTC head, channels last, from NeMo's weights."""
