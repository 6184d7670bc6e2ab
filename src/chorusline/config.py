"""Every threshold, once, in one frozen object that is echoed into every case."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """All settings of an investigation, with units and defaults.

    The object is frozen and serialisable: a case stores it whole, so that the same input and the
    same config give the same tables. Sources of the defaults: docs/method.md.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, ge=0, description="Seed of every random choice (parts, communities, layouts).")
    traces: tuple[str, ...] | None = Field(
        None,
        description="Traces to use; those used by default when not given. The word default stands for these.",
    )
    analyses: tuple[str, ...] | None = Field(
        None,
        description="Analyses of the inside of groups to make; all when not given. The word none stands for none.",
    )
    window: float = Field(60.0, gt=0, description="Co-action window W, seconds, inclusive.")
    wide_window: float = Field(
        3600.0, gt=0, description="Wide window L of the synchrony test: who counts as present, seconds."
    )
    more_windows: tuple[float, ...] = Field(
        (),
        description="Further windows of the synchrony test, seconds, between the window and the wide one: bets are "
        "divided over all of them before any outcome.",
    )
    content_window: float = Field(
        86400.0, gt=0, description="Window in which the content test counts a shared object, seconds."
    )
    content_discovery_window: float = Field(
        86400.0, gt=0, description="Window in which shared content proposes a group, seconds."
    )
    fdr: float = Field(0.01, gt=0, lt=1, description="False-discovery rate over all accounts tested.")
    proposal_fdr: float = Field(
        0.05, gt=0, lt=1, description="False-discovery rate of the configuration null that proposes edges."
    )
    min_weight: int = Field(2, ge=1, description="Distinct shared objects below which no edge is proposed.")
    min_content_weight: int = Field(
        1, ge=1, description="The same for traces whose objects are evidence in themselves (text, media)."
    )
    reaction: float = Field(
        600.0,
        ge=0,
        description="Seconds after an object's first use within which synchrony is taken for reaction.",
    )
    events: float = Field(
        4.0,
        ge=0,
        description="Effective days of agreement that a few events can make, two of them where they last into the "
        "next day; a group needs more.",
    )
    habit: float = Field(
        0.33,
        ge=0,
        le=1,
        description="Share of its effective active days on which an account's circle must agree.",
    )
    group_habit: float = Field(
        0.25,
        ge=0,
        le=1,
        description="The same share for its whole group, which may have many lives.",
    )
    wire: float = Field(
        60.0,
        ge=0,
        description="Seconds within which all uses of an object are taken for one wire or scheduler.",
    )
    kappa: float = Field(3.0, gt=0, description="Pseudo-observations with which the class rate is mixed in.")
    min_text_length: int = Field(
        20, ge=1, description="Texts shorter than this count for nothing, characters."
    )
    text_similarity: float = Field(
        0.6,
        gt=0,
        le=1,
        description="Weighted Jaccard at which two texts are near-duplicates (trace near-text); 1: equality.",
    )
    template_share: float = Field(
        0.65,
        gt=0,
        le=1,
        description="Part of the longer text that two texts must have in common, in order, to be of one template.",
    )
    embedding_model: str | None = Field(
        None,
        description="Folder of a sentence model exported to ONNX, with model.onnx and tokenizer.json (trace "
        "paraphrase, extra embeddings).",
    )
    embedding_similarity: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Cosine of two texts' vectors at which they say the same (trace paraphrase); 1: as near-text.",
    )
    embedding_prefix: str = Field(
        "", description="Put before each text for models that want it, such as 'query: ' for those named E5."
    )
    rare: float = Field(
        0.05,
        gt=0,
        le=1,
        description="Share of the accounts with such objects that may use one for it to be rare (traces "
        "hashtag-pair, client).",
    )
    fast: float = Field(
        60.0,
        gt=0,
        description="Seconds after a post within which resharing it is rapid (trace rapid-reshare).",
    )
    rhythm_slot: float = Field(
        600.0, gt=0, description="Length of the slots in which activity is compared (trace rhythm), seconds."
    )
    min_held_out: int = Field(
        5,
        ge=1,
        description="Held-out uses below which an account that isn't named is 'not enough evidence'.",
    )
    min_observed: int = Field(
        3, ge=1, description="Held-out uses in step or shared below which no account is named."
    )
    splits: int = Field(5, ge=1, description="Random divisions of the material whose evidence is averaged.")
    parts: int = Field(
        6, ge=2, le=100, description="Parts of each division; each but the first is held out once."
    )
    common: float = Field(
        0.03,
        ge=0,
        le=1,
        description="Share of its own texts and media that anybody may have in common with others.",
    )
    rung_e_value: float = Field(
        20.0, gt=1, description="Evidence (e-value) a test of its own needs before a rung is based on it."
    )
    scripted_share: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Share of a group's named accounts that must show 'scripted' for any to be.",
    )
    core: int = Field(
        2, ge=1, description="Members confirmed in text, media or time before a group's reshares count."
    )
    core_share: float = Field(
        0.1, ge=0, le=1, description="Share of a group's members that must be, where that is more."
    )
    resemblance: float = Field(
        0.7,
        gt=0,
        description="Resemblance to a confirmed group (1: as its members) from which an account in no group is "
        "tested with it.",
    )
    resolution: float = Field(0.5, gt=0, description="Leiden resolution (modularity).")
    community_seeds: int = Field(
        5,
        ge=1,
        description="Runs of Leiden, each with a seed of its own, of which most must find a group that is shown.",
    )
    proposal_seeds: int = Field(
        1,
        ge=1,
        description="The same for groups that are proposed for testing; more cost time and change few names.",
    )
    min_group: int = Field(3, ge=2, description="Accounts below which a community is not a group.")
    shorteners: str | None = Field(
        None, description="CSV file with columns short and long: what short links stand for."
    )
    media_folder: str | None = Field(
        None,
        description="Folder of picture files named by the media ids in the data (needs the extra media).",
    )
    media_distance: int = Field(
        4, ge=0, le=16, description="Bits of 64 in which perceptual hashes of one picture may differ."
    )
    period: float = Field(
        7.0,
        gt=0,
        description="Length of the periods in which groups are followed, days; fitted to the span where it makes "
        "fewer than 4 or more than 60.",
    )
    period_step: float | None = Field(
        None,
        gt=0,
        description="Days from one period's start to the next, at most the length; the length when not given.",
    )
    period_match: float = Field(
        0.3,
        gt=0,
        le=1,
        description="Overlap (Jaccard) from which communities of successive periods are one group.",
    )
    period_dormant: int = Field(
        3, ge=0, description="Periods for which a group may be silent before it counts as gone."
    )
    period_change: float = Field(
        0.25, gt=0, description="Change in accounts from which a group has grown or shrunk, as a share."
    )
    switching: float = Field(
        10.0, gt=0, description="Seconds that a hand needs at least to change accounts (analysis operators)."
    )
    same_hand: float = Field(
        0.95, gt=0.5, lt=1, description="Posterior from which two accounts are counted as sharing a hand."
    )
    min_coincidences: float = Field(
        5.0,
        gt=0,
        description="Coincidences too close for one hand that two hands' rates must predict for a pair to be judged.",
    )
    max_scheduled: float = Field(
        0.2, ge=0, le=1, description="Share of actions sent by timers above which no hands are linked."
    )
    tracking_parameters: tuple[str, ...] = Field(
        (
            "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "igsh",
            "mc_cid", "mc_eid", "ref_src", "ref_url", "cmpid", "ncid", "sr_share", "_ga", "_gl", "ocid",
        ),
        description="Query parameters dropped from links, besides all that begin with utm_.",
    )  # fmt: skip
