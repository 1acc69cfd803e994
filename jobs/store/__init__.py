"""The only place that writes job, attempt and dead-letter rows.

Each function is one verb for many rows: a guarded UPDATE (or INSERT) whose returned rows are the answer. All
instants come from PostgreSQL's clock. Nothing here talks to Redis; what became ready is returned to the caller.
"""
