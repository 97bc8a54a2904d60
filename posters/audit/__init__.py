"""What is wrong with a catalogue, before anything is trained on it."""

from posters.audit.audit import CHECKS, Audit, audit, register_check
from posters.audit.context import AuditContext
from posters.audit.kinds import KINDS, SEVERITIES, Finding, Kind, register_kind

__all__ = [
    "CHECKS",
    "KINDS",
    "SEVERITIES",
    "Audit",
    "AuditContext",
    "Finding",
    "Kind",
    "audit",
    "register_check",
    "register_kind",
]
