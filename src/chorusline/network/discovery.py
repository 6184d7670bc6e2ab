"""Discovery: groups proposed on some parts of the material."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chorusline.config import Config
from chorusline.network.groups import Network, fuse
from chorusline.network.layers import Layer, propose
from chorusline.network.stability import consensus
from chorusline.traces.base import Trace, Uses


@dataclass(frozen=True)
class Proposal:
    """What discovery found on some parts.

    layers : proposed edges by trace. network : what they make together. group : int32 [n_accounts], -1 for none.
    """

    layers: tuple[Layer, ...]
    network: Network
    group: npt.NDArray[np.int32]


def discovery_window(trace: Trace, config: Config, resolution: float) -> float:
    """Return the window, seconds, in which a trace proposes: wider where the content is the evidence."""
    window = config.content_discovery_window if trace.original else config.window
    return max(window, resolution)


def discover(
    uses: Mapping[str, Uses], traces: Mapping[str, Trace], config: Config, *,
    n_accounts: int, resolution: float,
) -> Proposal:  # fmt: skip
    """Propose groups on some of the uses (docs/method.md, "Discovery")."""
    layers = []
    for name, here in uses.items():
        content = traces[name].original
        least = config.min_content_weight if content else config.min_weight
        window = discovery_window(traces[name], config, resolution)
        layers.append(propose(here, name, window, least, config.proposal_fdr))
    network = fuse(layers)
    held = consensus(
        network, n_accounts, resolution=config.resolution, min_group=config.min_group,
        seed=config.seed, seeds=config.proposal_seeds,
    )  # fmt: skip
    return Proposal(tuple(layers), network, held.group)
