"""How far an alignment can be trusted: the constants that decide it, fitted and measured."""
