"""What is wrong with a catalogue, before anything is trained on it."""

from posters.audit.audit import Audit, audit
from posters.audit.finding import SEVERITIES, Finding, Kind
from posters.audit.kinds import KINDS

__all__ = ["KINDS", "SEVERITIES", "Audit", "Finding", "Kind", "audit"]
