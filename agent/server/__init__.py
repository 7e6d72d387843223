"""The model server: started when it is needed, reused while it runs, stopped without a trace."""

from agent.server.address import ServerAddress, open_client
from agent.server.lifecycle import ensure, stop
from agent.server.status import ServerStatus, follow, logs, status

__all__ = ["ServerAddress", "ServerStatus", "ensure", "follow", "logs", "open_client", "status", "stop"]
