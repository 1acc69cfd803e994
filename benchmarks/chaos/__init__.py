"""`make chaos`: a running Flowbit is hurt at random, by a seed, while clients submit; then every promise is checked.

orders      what is asked for: jobs of every kind, and by which client        (pure)
schedule    when which process is killed, frozen or restarted                 (pure)
work        the handlers; they write a ledger outside of the engine
client      a process that submits, and writes down what it was told
operators   a process that cancels, retries, replays, pauses and cordons in mid-run
stage       the private servers, workers and schedulers
faults      does to them what the schedule says
exam        when all is quiet: do Redis and PostgreSQL agree, even after both were tampered with?
evidence    everything that was seen, as values; rows reads it from PostgreSQL
verdict     the promises, and the checks_* that say where one was broken      (pure)
figures     counts and recovery times                                         (pure)
report      the table and the JSON object
"""
