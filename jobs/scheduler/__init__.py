"""The scheduler: small duties of one shape, run by whichever process leads.

Every duty has an `interval` in seconds and `run_once()`, which returns how many rows it moved. All are guarded, so
that two leaders for a moment do no harm.
"""
