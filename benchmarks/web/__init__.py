"""What the HTTP API costs, beside bare Django views on the same server, pool and table."""
