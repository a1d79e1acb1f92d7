"""What is answered: schemas on the wire, files in any format, errors."""
