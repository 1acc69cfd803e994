"""Workflows: graphs of jobs. Their place; they come with their own release."""
