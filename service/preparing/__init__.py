"""Models in the form that this CPU runs: made once, mapped at load, shared between processes."""
