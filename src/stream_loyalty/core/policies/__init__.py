"""The policies, in the order in which they are asked. A new capability is one module here and its line below.

Each module has `REACTIONS`: a type of trigger -> a generator of decisions. A trigger is an event's properties, a wake,
or a decision that an earlier policy took on the same input. A policy that wants to be woken has `due(state, program)`.

Policies do not import each other: what several of them need to know of a customer stands in `core`, and how they word
alerts and give points in `alerts` and `gifts`, which are no policies.
"""

from stream_loyalty.core.policies import (
    activation,
    activities,
    adjusting,
    benefits,
    birthday,
    checkpoints,
    claims,
    consent,
    earning,
    erasure,
    expiry,
    guests,
    importing,
    levels,
    lifecycle,
    orders,
    redemption,
    replenishment,
    retention,
    service,
    silence,
    wakeup,
)

POLICIES = (
    consent,
    importing,
    orders,
    expiry,
    activation,
    earning,
    redemption,
    adjusting,
    activities,
    birthday,
    levels,
    benefits,
    lifecycle,
    retention,
    silence,
    checkpoints,
    wakeup,
    replenishment,
    service,
    claims,
    guests,
    erasure,
)
