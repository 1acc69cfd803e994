"""The hot path in Redis: what is ready, who is woken, who must hear something. The only code that knows Redis.

Everything here can be lost at any time: `jobs.services.rebuild` makes it again from PostgreSQL. Every method raises
`BrokerUnavailable` when Redis cannot be reached.
"""

from jobs.broker.broker import Broker, Claim, looking_broker, patient_broker, submit_broker
from jobs.broker.inspection import Census

__all__ = ["Broker", "Census", "Claim", "looking_broker", "patient_broker", "submit_broker"]
