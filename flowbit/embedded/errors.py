"""What can go wrong with the embedded servers.

EmbeddedError
├── BinariesMissing   no PostgreSQL or Redis to start
├── FolderInUse       another process runs servers on the folder
├── UnsafeFolder      a directory of ours is in somebody else's hands
└── ServerFailed      a server did not start
"""


class EmbeddedError(Exception):
    """The message is meant for the person who started the servers."""


class BinariesMissing(EmbeddedError):
    pass


class FolderInUse(EmbeddedError):
    pass


class UnsafeFolder(EmbeddedError):
    pass


class ServerFailed(EmbeddedError):
    pass
