"""The console: the admin's pages that are more than a table. Views parse, ask one query, render."""
