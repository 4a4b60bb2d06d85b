"""Fusion profiles: value and confidence in, score out."""

from __future__ import annotations

import pytest

from consilience.core.codes import Gate
from consilience.engine.orchestrator import SPEC, go_direct_nb
from consilience.signals.catalog import FUSIONS
from consilience.signals.fusion.single import fuse_single_nb


@pytest.mark.parametrize(("value", "confidence", "score"), [(1.0, 0.5, 0.5), (-1.0, 1.0, -1.0), (0.5, 0.0, 0.0)])
def test_single_source(value, confidence, score):
    assert fuse_single_nb(value, confidence) == score


def test_catalogue():
    assert [module.SPEC.name for module in FUSIONS] == ["single"]


@pytest.mark.parametrize(("score", "goes"), [(0.1, True), (-0.1, True), (0.0, False), (float("nan"), False)])
def test_direct_orchestrator(score, goes):
    assert go_direct_nb(score) is goes or go_direct_nb(score) == goes
    assert SPEC.name == "direct" and Gate.ORCHESTRATOR < Gate.RISK
