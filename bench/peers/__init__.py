"""The engines that are measured: one interface, a module each."""
