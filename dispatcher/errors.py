"""What may go wrong between a sentence and a job.

FlowbitError
 +-- DispatchOff           DISPATCH_PROVIDER=none                                        (HTTP 501)
 +-- UnfitAnswer           the answer does not fit the schema of any of the choices      (422)
 +-- ProviderRefused       the provider will not answer this request, nor the next       (502)
 +-- ProviderUnavailable   it is overloaded, broken or too slow: later it may be better  (503)

No message repeats what a provider said: that may hold anything, keys included.
"""

from jobs.errors import FlowbitError


class DispatchOff(FlowbitError):
    code = "dispatch_off"


class UnfitAnswer(FlowbitError):
    code = "unfit_answer"


class ProviderRefused(FlowbitError):
    code = "provider_refused"


class ProviderUnavailable(FlowbitError):
    code = "provider_unavailable"


STATUSES: dict[type[FlowbitError], int] = {
    DispatchOff: 501,
    UnfitAnswer: 422,
    ProviderRefused: 502,
    ProviderUnavailable: 503,
}
