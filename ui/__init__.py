"""What the pages share: frame, state, caches, pictures and charts. No modelling here."""
