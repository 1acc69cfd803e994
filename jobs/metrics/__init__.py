"""Figures as Prometheus reads them.

families   what happened and how things stand -> metric families; pure
page       the page of the web process, at most one reading of the stores a second
server     /metrics and /healthz of a process that serves no other HTTP
"""
