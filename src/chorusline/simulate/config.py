"""Every parameter of a world, with unit, default and source.

Sources: [archive] the released archive of 2,463,944 posts of a state operation (published as the IRA /
Clemson release), measured; [Jakesch 2021], [Elmas 2021], [Pote 2025] as cited in docs/method.md; [press]
public reports on staffed operations; [assumed] a plain assumption that no published figure supports.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Uptake = Literal["fast", "measured", "burst"]
ORDER_KINDS = ("tag", "link", "phrase", "target", "reshare")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Operation(_Frozen):
    """A staffed operation: operators with shifts, their accounts, orders, and how it hides."""

    name: str = Field(default="operation", description="Name of the group in the truth.")
    operators: int = Field(
        default=10, ge=1, description="Operators; 10, 40, 150 and 1,250 are studied [press]."
    )
    accounts_per_operator: float = Field(
        default=3.3, ge=1.0, description="Mean accounts an operator holds, zero-truncated Poisson [press]."
    )
    shared_accounts: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of accounts in several hands [press: personas run by teams].",
    )
    zone: str = Field(default="Europe/Tirane", description="Time zone of the site (IANA name).")
    country: str | None = Field(
        default="AL", description="Country of the public holidays (ISO code), or none."
    )
    shifts: Literal["office", "two"] = Field(
        default="office", description="'office': 09-18 local with lunch; 'two': 07-19 and 19-07 [press]."
    )
    shift_spread: float = Field(default=15.0, ge=0, description="Spread of start and end, minutes [press].")
    lunch: float = Field(default=60.0, ge=0, description="Lunch break, minutes [Meta, April 2021].")
    weekend: float = Field(default=0.25, ge=0, le=1, description="Share at work on a weekend day [assumed].")
    absent: float = Field(default=0.05, ge=0, le=1, description="Share away on any working day [assumed].")
    holidays_kept: float = Field(
        default=0.9, ge=0, le=1, description="Share away on a public holiday [assumed]."
    )
    orders_per_day: float = Field(default=3.0, ge=0, description="Orders a day, Poisson mean [assumed].")
    round_time: float = Field(
        default=0.6, ge=0, le=1, description="Share of orders at a round time [assumed]."
    )
    order_kinds: tuple[float, ...] = Field(
        default=(0.4, 0.2, 0.1, 0.15, 0.15),
        description="Shares of orders of a tag, link, phrase, target, reshare.",
    )
    templates: int = Field(default=60, ge=1, description="Texts in an order's bank [Jakesch 2021: mean 60].")
    pasted: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of rounds in which an operator pastes one text through all accounts [assumed].",
    )
    audience: float = Field(
        default=0.7, gt=0, le=1, description="Share of operators an order goes to [assumed]."
    )
    compliance: float = Field(
        default=0.7, gt=0, le=1, description="Share of accounts used for an order [assumed]."
    )
    quota: float = Field(
        default=3.0, ge=1, description="Mean actions an account makes on an order, 1 + Poisson [assumed]."
    )
    uptake: tuple[Uptake, ...] = Field(
        default=("measured", "fast"),
        description="Uptake modes in turn: fast = lognormal, median 30 min, sigma 1; measured = 28/147/343 "
        "min at 10/50/90 % [archive]; burst = within a minute, then deleted [Elmas 2021].",
    )
    deletion_median: float = Field(
        default=55.0, gt=0, description="Life of burst posts, median seconds [Elmas 2021]."
    )
    deletion_sigma: float = Field(
        default=0.71, gt=0, description="Life of burst posts, log sigma (42-110 s) [Elmas]."
    )
    switching: tuple[float, float] = Field(
        default=(10.0, 40.0), description="Time to change accounts, seconds."
    )
    camouflage: float = Field(default=0.3, ge=0, lt=1, description="Share of actions unrelated to orders.")
    days: tuple[int, int] | None = Field(
        default=None, description="First and last day of the operation; all if none."
    )
    paraphrase: float = Field(
        default=0.0, ge=0, le=1, description="Share of template texts written anew (E1, E6)."
    )
    near_duplicates: float = Field(
        default=0.0, ge=0, le=1, description="Share of the rest with swapped tokens (E1)."
    )
    jitter: float = Field(default=0.0, ge=0, description="Uniform shift of ordered actions, ± minutes (E2).")
    scheduled: float = Field(
        default=0.02, ge=0, le=1, description="Share sent by a scheduler, whole minutes (E4)."
    )
    variants: int = Field(default=1, ge=1, description="Variants an order's objects are split in (E5).")
    rotation: float = Field(
        default=0.0, ge=0, le=1, description="Share of accounts resting in any week (E6)."
    )
    random_shifts: bool = Field(
        default=False, description="Each operator starts at a random hour each day (E6)."
    )
    imitate: bool = Field(
        default=False, description="Take over tags, links and hours of an honest group (E7)."
    )


class LookAlikes(_Frozen):
    """Honest groups that resemble an operation, each with its own truth label; 0 leaves one out."""

    fans: int = Field(default=0, ge=0, description="Accounts with notifications on for stars.")
    stars: int = Field(default=8, ge=1, description="Stars followed by the fans.")
    streaming: int = Field(default=0, ge=0, description="Accounts in a fandom's streaming days (open call).")
    hashtag_hour: int = Field(default=0, ge=0, description="Activists in a weekly hashtag hour (open call).")
    volunteers: int = Field(default=0, ge=0, description="Party volunteers on shared templates.")
    share_button: int = Field(default=0, ge=0, description="Strangers who press a page's share button.")
    newsroom: int = Field(default=0, ge=0, description="Outlets of one owner that syndicate their stories.")
    feeds: int = Field(default=0, ge=0, description="Accounts that post the feeds of sites on a schedule.")
    witnesses: int = Field(default=0, ge=0, description="People who react to an earthquake.")
    households: int = Field(default=0, ge=0, description="People who run two accounts each.")
    diaspora: int = Field(
        default=0, ge=0, description="Accounts of an office of a diaspora: hours, no orders."
    )
    exiles: int = Field(default=0, ge=0, description="Exiles with pseudonyms made on one day; no orders.")


class WorldConfig(_Frozen):
    """A world: how long, how many, what hides in it. The same config gives the same bytes."""

    seed: int = Field(default=0, ge=0, description="Seed of the world.")
    generator: Literal["cascade", "hawkes"] = Field(
        default="cascade", description="Which construction is used."
    )
    start: date = Field(default=date(2024, 2, 26), description="First day (UTC).")
    days: int = Field(default=30, ge=1, le=4000, description="Length, days.")
    accounts: int = Field(
        default=20_000,
        ge=10,
        description="Ordinary accounts that live in the reference period; a shorter world sees some.",
    )
    activity: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Share of their active days that the collection is about (topic sample).",
    )
    reference_days: int = Field(
        default=730, ge=1, description="Period in which lifetimes lie, days [assumed]."
    )
    lifetime_median: float = Field(
        default=151.0, gt=0, description="Posts of an account in its life, median [archive]."
    )
    lifetime_p90: float = Field(default=2399.0, gt=0, description="The same, 90 % point [archive].")
    lifetime_tail: float = Field(
        default=1.52, gt=0, description="Pareto exponent beyond it: mean 868 [archive]."
    )
    lifetime_cap: float = Field(default=60_000.0, gt=0, description="Most posts of an account [archive].")
    day_median: float = Field(
        default=3.4,
        gt=0,
        description="Posts a local active day, median [fitted: median 4 a UTC day, archive].",
    )
    day_sigma: float = Field(default=1.23, gt=0, description="Log sigma of them: p90 23, p99 73 [archive].")
    presence: tuple[float, float] = Field(
        default=(2.0, 2.2),
        description="Beta parameters of an account's share of active days in its life [fitted].",
    )
    account_share: float = Field(
        default=0.2, ge=0, le=1, description="Share of that variance between accounts."
    )
    new_session: float = Field(
        default=0.55, gt=0, le=1, description="Chance that a post opens a session [fitted]."
    )
    gap_median: float = Field(default=55.0, gt=0, description="Gap in a session, median seconds [fitted].")
    gap_sigma: float = Field(default=3.4, gt=0, description="Log sigma of that gap [fitted].")
    weekend: float = Field(
        default=0.95, gt=0, description="Weekend activity over weekday activity [assumed]."
    )
    zones: tuple[str, ...] = Field(
        default=("Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tehran"),
        description="Time zones of the regions, most populous first.",
    )
    zone_shares: tuple[float, ...] = Field(
        default=(0.4, 0.25, 0.2, 0.15), description="Shares of the regions."
    )
    interests: int = Field(default=40, ge=1, le=2000, description="Interest communities.")
    kinds: tuple[float, float, float, float] = Field(
        default=(0.35, 0.42, 0.15, 0.08),
        description="Mean shares of posts, reshares, replies, quotes [assumed].",
    )
    zipf: float = Field(
        default=1.1, gt=0, description="Zipf exponent of objects' popularity (1.0-1.2) [assumed]."
    )
    delay_start: float = Field(
        default=180.0, gt=0, description="Reaction delay: start of the power law, seconds."
    )
    delay_exponent: float = Field(
        default=0.4, gt=0, description="Its survival exponent [Crane & Sornette 2008]."
    )
    memory: int = Field(default=7, ge=1, description="Days after which nobody reacts to an object any more.")
    catalogue: float = Field(
        default=0.25, gt=0, le=1, description="Share of posts that others may come to see."
    )
    follow: float = Field(
        default=0.5, ge=0, le=1, description="Share of reactions to a followed account's newest post."
    )
    follows: int = Field(default=12, ge=1, description="Accounts in view of an account [assumed].")
    degree: float = Field(
        default=1.1, gt=0, description="Survival exponent of followers (density 2.1) [assumed]."
    )
    articles: float = Field(default=0.02, gt=0, description="Articles published per expected action.")
    sites: int = Field(default=400, ge=1, description="Sites with articles, Zipf.")
    linked: float = Field(default=0.18, ge=0, le=1, description="Share of posts with a link.")
    headlines: float = Field(
        default=0.12, ge=0, le=1, description="Share of linked posts with the bare headline."
    )
    tagged: float = Field(default=0.3, ge=0, le=1, description="Share of posts with hashtags.")
    lyrics: float = Field(
        default=0.004, ge=0, le=1, description="Share of posts that are quotes or lyrics everyone has."
    )
    pictured: float = Field(default=0.15, ge=0, le=1, description="Share of posts with a picture.")
    shocks: float = Field(default=0.3, ge=0, description="News shocks a day, Poisson mean.")
    shock_draw: float = Field(default=0.35, ge=0, le=1, description="Share of attention at a shock's start.")
    operations: tuple[Operation, ...] = Field(default=(), description="Operations hidden in the world.")
    lookalikes: LookAlikes = Field(default_factory=LookAlikes, description="Honest look-alikes.")
    chunk: int = Field(default=250_000, ge=1000, description="Rows of a row group on disk.")
    branching: float = Field(
        default=0.55, gt=0, lt=1, description="Hawkes: mean offspring of a post (0.3-0.9)."
    )

    def expected_actions(self) -> float:
        """Expected number of ordinary actions of a world of this length."""
        mean = 868.0 * self.lifetime_median / 151.0
        return self.accounts * mean * self.activity * self.days / max(self.reference_days, self.days)
