"""Who may ask for what, and for how much of it: keys, scopes, rates and budgets. No HTTP here."""
