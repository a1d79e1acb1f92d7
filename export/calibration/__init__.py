"""How each layer of an integer graph is quantised, decided by what is measured on sound."""
