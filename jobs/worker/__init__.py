"""The worker: a supervisor and its children; each child claims, starts, performs and settles.

supervisor   starts children, restarts them, hands signals on
child        puts the parts below together and ends them in order
claimer      Redis -> PostgreSQL -> the local line, as much as free slots begin soon
performers   threads for sync handlers, one event loop for async ones
execution    one attempt: call the handler, make its end a value (the one broad `except`)
settler      gathers outcomes, writes them in batches, tells Redis
heartbeat    renews the lease, hears cancels and controls, watches time-outs and memory
"""
