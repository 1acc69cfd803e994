"""Reads that join tables for one screen; the API and the admin share them."""
