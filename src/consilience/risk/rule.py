"""What every rule of the full set says of itself: its kernel, its reason, how severe a breach is, what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from consilience.core.codes import Reason
from consilience.core.spec import Spec

UNKNOWN = -1  # a rule's answer where its limit is set but what it measures is not known


class Severity(IntEnum):
    """How bad a breach is (founding document 000)."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    CRITICAL = 3


class VerdictKind(IntEnum):
    """What becomes of an order; the harshest wins."""

    APPROVE = 0
    SHRINK = 1
    REFUSE = 2
    HALT = 3


@dataclass(frozen=True)
class Rule:
    """One rule of the full set.

    kernel: ``(request, limits) -> lots`` that may pass, 0 .. wanted, or UNKNOWN. action: what a person should do about
    a breach. exposure: True exempts orders that reduce; False is a rule of validity, which every order meets.
    overridable: whether a person may set it aside for a while, on record. refusal: HALT for the halt itself.
    """

    spec: Spec
    kernel: Callable[..., Any]
    reason: Reason
    severity: Severity
    action: str
    exposure: bool = True
    overridable: bool = True
    refusal: VerdictKind = VerdictKind.REFUSE

    @property
    def name(self) -> str:
        """Catalogue name."""
        return self.spec.name
