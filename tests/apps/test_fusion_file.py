"""Fusion profiles from TOML: what a file may say, and that a mistake is told with its line."""

from __future__ import annotations

import json

import pytest

from consilience.apps.fusion_file import profile_from_toml, read_profile
from consilience.core.errors import ConfigError, NotFound
from consilience.signals.fusion.profile import PROFILES, FusionProfile, Levels, SourceUse, profile_of, weights_of

KNOWN = sorted({name for one in PROFILES.values() for name in one.sources} | {"strategies", "fibonacci_expansion"})
ONE = "[sources]\ntrend_composite = 1\n"


def read(text: str) -> FusionProfile:
    return profile_from_toml(text, "my.toml", KNOWN)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_ready_profiles_have_no_problems_and_survive_json(profile):
    assert profile.problems(KNOWN) == []
    assert profile_of(profile.to_json()) == profile
    assert profile_of(profile.name) is profile and read_profile(profile.name) == profile.name


def test_document_weights():
    """Documents 004, 000, and the sums of 002's factors."""
    assert [one.weight for one in PROFILES["alpha_fusion"].sources.values()] == [0.25, 0.2, 0.2, 0.2, 0.15]
    assert [one.weight for one in PROFILES["signal_weighting"].sources.values()] == [0.25, 0.2, 0.2, 0.15, 0.1, 0.1]
    ranking = PROFILES["multi_factor_ranking"].sources
    fundamental = ("momentum_divergence", "volume_profile", "breakout_probability")
    factors = {
        0.40: ("trend_composite", "ribbon_alignment", "multi_timeframe_agreement"),
        0.30: fundamental,
        0.15: ("order_flow", "microstructure"),
    }
    for weight, names in factors.items():
        assert sum(ranking[name].weight for name in names) == pytest.approx(weight)
    assert ranking["sentiment"].weight == 0.15 and len(ranking) == 9


def test_a_whole_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
confidence = "mean"
conflict = "expert_override"
regime = "market_regime"
[thresholds]
buy = 0.1
[sources]
market_regime = 0.5
trend_composite = { weight = 0.25, expert = true }
[sources.mean_reversion]
weight = 0.25
parameters = { period = 30 }
[regime_multipliers.squeeze]
mean_reversion = 2
[regime_levels.bullish_calm]
multiplier = 1.5
[quality]
late = 0.5
""",
        encoding="utf-8",
    )
    profile = profile_of(read_profile(str(path), KNOWN))
    assert profile.name == "mine" and profile.thresholds.buy == 0.1 and profile.thresholds.strong == 0.5
    assert profile.sources["trend_composite"] == SourceUse(0.25, expert=True)
    assert profile.sources["mean_reversion"].parameters == {"period": 30}
    assert profile.regime_levels == {"bullish_calm": Levels(multiplier=1.5)}
    assert weights_of(profile, list(profile.sources))[3].tolist() == [0.5, 0.25, 0.5]


def test_a_file_may_start_from_a_ready_profile():
    profile = read('base = "balanced"\ncoverage_minimum = 0.5\n[regime_levels.squeeze]\nstop = 0.01\n')
    ready = PROFILES["balanced"]
    assert profile.sources == ready.sources and profile.name == "my"
    assert profile.coverage_minimum == 0.5
    assert profile.regime_levels["squeeze"] == Levels(0.7, 0.01, 0.025)  # the rest as in the ready one
    assert profile.regime_levels["bullish_calm"] == ready.regime_levels["bullish_calm"]


def test_own_sources_replace_those_of_the_base():
    profile = read('base = "balanced"\n[sources]\ntrend_composite = 0.5\nsentiment = 0.5\n')
    assert list(profile.sources) == ["trend_composite", "sentiment"]
    assert profile.regime_multipliers["bullish_calm"] == {"trend_composite": 1.25}


def test_a_fusion_section_reads_like_a_file():
    assert read(f"[fusion]\ncoverage_minimum = 0.5\n{ONE.replace('sources', 'fusion.sources')}").coverage_minimum == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sources]\ntrend_composit = 1\n", "line 2: sources.trend_composit: there is no signal source "
         "'trend_composit'; did you mean 'trend_composite'?"),
        ("\n[sources]\ntrend_composite = 0.7\nsentiment = 0.2\n", "line 2: sources: the weights sum to 0.9; "
         "make them sum to 1"),
        ("[sources]\ntrend_composite = -1\nsentiment = 2\n", "line 2: sources.trend_composite.weight: "
         "-1 is outside 0..1"),
        ("name = 'x'\n", "sources: no source is named; give at least one with its weight"),
        (f"covrage_minimum = 0.4\n{ONE}", "line 1: covrage_minimum: unknown key; did you mean 'coverage_minimum'?"),
        (f"{ONE}[thresholds]\nbye = 0.2\n", "line 4: thresholds.bye: unknown key; did you mean 'buy'?"),
        ("[sources.trend_composite]\nweight = 'a lot'\n", "line 2: sources.trend_composite.weight: "
         "this is a text in quotes; give a number"),
        ("[sources.trend_composite]\nwieght = 1\n", "line 2: sources.trend_composite.wieght: unknown key; "
         "did you mean 'weight'?"),
        ("[sources.trend_composite]\nexpert = true\n", "line 1: sources.trend_composite.weight: "
         "it is missing; add it"),
        ("[sources]\ntrend_composite = 'much'\n", "line 2: sources.trend_composite: this is a text in quotes; give a "
         "weight, such as 0.2, or a table such as { weight = 0.2 }"),
        ("sources = 3\n", "line 1: sources: this is a whole number; give a table"),
        (f"{ONE}[thresholds]\nstrong = 0.1\n", "line 3: thresholds.buy: 0.2 is above strong=0.1; "
         "no score could be a plain BUY"),
        (f"{ONE}[thresholds]\nbuy = 0\n", "line 4: thresholds.buy: 0 would make every silence a purchase; "
         "give a score above 0 such as 0.2"),
        (f"coverage_minimum = 1.5\n{ONE}", "line 1: coverage_minimum: 1.5 is outside 0..1"),
        (f"coverage_minimum = nan\n{ONE}", "line 1: coverage_minimum: nan is outside 0..1"),
        (f"confidence = 'vote'\n{ONE}", "line 1: confidence: there is no confidence rule 'vote'; "
         "did you mean 'votes'?"),
        (f"conflict = 'expert_override'\n{ONE}", "line 1: conflict: expert_override needs an expert; "
         "give a source expert = true"),
        (f"vote = true\nvote_floor = 0\n{ONE}", "line 2: vote_floor: 0 would count a value of 0 as a vote to buy; "
         "give a floor above 0 such as 0.1"),
        (f"regime = 'market_regim'\n{ONE}", "line 1: regime: there is no signal source 'market_regim'; "
         "did you mean 'market_regime'?"),
        (f"{ONE}[regime_levels.squeeze]\nstop = 0.1\n", "regime_levels: nothing tells the regime; "
         "give regime = \"market_regime\" as well"),
        (f"regime = 'market_regime'\n{ONE}[regime_levels.sqeeze]\nstop = 0.1\n", "line 4: regime_levels.sqeeze: "
         "there is no regime 'sqeeze'; did you mean 'squeeze'?"),
        (f"regime = 'market_regime'\n{ONE}[regime_levels.squeeze]\nstop = 2\n", "line 5: regime_levels.squeeze.stop: "
         "2 is outside 0..1"),
        (f"{ONE}[levels]\nstop = 0\n", "line 4: levels.stop: 0 leaves no room; give a fraction of the price "
         "such as 0.02"),
        (f"regime = 'market_regime'\n{ONE}[regime_multipliers.squeeze]\nsentiment = 2\n", "line 5: "
         "regime_multipliers.squeeze.sentiment: there is no source of this profile 'sentiment'; "
         "known: trend_composite"),
        (f"regime = 'market_regime'\n{ONE}[regime_multipliers.squeeze]\ntrend_composite = 0\n", "line 4: "
         "regime_multipliers.squeeze: no source would be heard in this regime; leave one above 0"),
        (f"{ONE}[levels]\ntarget = 0\n", "line 4: levels.target: 0 leaves no room; give a fraction of the price "
         "such as 0.04"),
        (f"regime = 'market_regime'\n{ONE}[regime_multipliers.squeeze]\ntrend_composite = 11\n", "line 5: "
         "regime_multipliers.squeeze.trend_composite: 11 is outside 0..10"),
        (f"{ONE}[quality]\nlate = 2\n", "line 4: quality.late: 2 is outside 0..1"),
        (f"{ONE}[quality]\nlat = 0.5\n", "line 4: quality.lat: there is no quality flag 'LAT'; did you mean 'LATE'?"),
        (f"{ONE}[ranking]\nsideways = 1.5\n", "line 4: ranking.sideways: 1.5 is outside 0..1"),
        (f"{ONE}[ranking]\ntarget_volatility = 0.0\n", "line 4: ranking.target_volatility: "
         "0 would rank every symbol last; give a fraction such as 0.02"),
        (f"{ONE}[ranking]\nsidewise = 0.5\n", "line 4: ranking.sidewise: unknown key; did you mean 'sideways'?"),
        (f"{ONE}[performance]\ncalibrate = 1\n", "line 4: performance.calibrate: this is a whole number; "
         "give true or false"),
        (f"{ONE}[performance]\nminimum_sample = 100\nhalf_life = 50\n", "line 4: performance.minimum_sample: "
         "100 is never reached: half_life=50 keeps 73 at most"),
        ("base = 'balancd'\n", "line 1: base: there is no ready profile 'balancd'; did you mean 'balanced'?"),
        (f"{ONE}vote = maybe\n", "line 3: not TOML (invalid value); texts need quotes"),
        ("fusion = 3\n", "'fusion' must be a [fusion] section"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line_with_its_place(text, message):
    with pytest.raises(ConfigError) as caught:
        read(text)
    told = str(caught.value)
    assert told.startswith("my.toml")
    assert told.removeprefix("my.toml").lstrip(",: ") == message and "\n" not in told


def test_what_is_neither_a_profile_nor_a_file(tmp_path):
    with pytest.raises(NotFound, match="unknown fusion profile 'balancd'; did you mean 'balanced'"):
        read_profile("balancd")
    with pytest.raises(NotFound, match=r"there is no file 'gone\.toml'; check the path, or name a profile: balanced"):
        read_profile("gone.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"odd\.toml is not UTF-8 text"):
        read_profile(str(tmp_path / "odd.toml"))


def test_a_profile_by_text():
    with pytest.raises(NotFound, match="unknown fusion profile 'consensu'; did you mean 'consensus'"):
        profile_of("consensu")
    for broken in ("{", '{"name": 3, "sources": {}}', json.dumps({"name": "x", "sources": {}, "colour": 1})):
        with pytest.raises(ConfigError, match="no valid JSON of one"):
            profile_of(broken)
    unknown = FusionProfile(name="x", sources={"trend_composit": SourceUse(1.0)})
    with pytest.raises(ConfigError, match=r"fusion x: sources.trend_composit: there is no signal source"):
        unknown.check(KNOWN)
