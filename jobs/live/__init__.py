"""Streams: what happens, as it happens, to whoever may know of it, over WebSockets and SSE.

sockets, sse          one per transport: parse, listen, send
session               one open stream: who listens to what, the messages in their order, when it must end
entry, query          who may come in, and what they ask for
channels, followed    what listeners with the same rights hear, made once for all of them
scope, gathering      who may hear of what; many entries made into few messages
mailbox               what waits to be sent to one reader
hub                   the one reader of the feed in this process
asking                the threads that ask PostgreSQL
"""
