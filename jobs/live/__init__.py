"""Streams: what happens, as it happens, to whoever may know of it, over WebSockets and SSE.

sockets, sse     one per transport: parse, listen, send
session          one open stream: who listens to what, the messages in their order, when it must end
entry            who may come in
channels, own    what listeners with the same rights hear, made once for all of them
hub              the one reader of the feed in this process
"""
