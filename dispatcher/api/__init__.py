"""HTTP: plain English, the short form of jobs, and the categories."""
