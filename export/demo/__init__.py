"""How the embedded models were made: synthesis, training, evaluation, export."""
