"""How quick the console's pages are on a big history."""
