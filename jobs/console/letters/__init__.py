"""Dead letters: what went wrong, in groups, one by one, and their way back."""
