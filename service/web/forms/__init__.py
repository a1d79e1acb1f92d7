"""What is asked: the fields of multipart forms, checked."""
