"""Random streams and one-to-one scrambling of numbers.

Every part of a world draws from its own stream, named by a path of integers below the world's seed, so
that adding a part (a factory, a look-alike) changes nothing in the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# First element of a stream's path: which part of the world draws.
POPULATION, TIMELINE, CATALOGUE, OBJECTS, STAFF, ORDERS, WORK, GROUP, HAWKES, FAULTS = range(10)

_GOLDEN = 0x9E3779B97F4A7C15


def stream(seed: int, *path: int) -> np.random.Generator:
    """Return an independent generator for one part of the world (NumPy's SeedSequence with a spawn key)."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=path)))


def mix64(values: Array) -> Array:
    """Scramble uint64 [n] one-to-one (the finaliser of SplitMix64, Steele et al. 2014)."""
    x = np.array(values, dtype=np.uint64)
    x += np.uint64(_GOLDEN)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def mix32(values: Array) -> Array:
    """Scramble uint32 [n] one-to-one (finaliser of MurmurHash3), so that codes betray no order."""
    x = np.array(values, dtype=np.uint32)
    x += np.uint32(0x9E3779B9)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x


def combine(*parts: Array | int) -> Array:
    """Hash integers [n] (broadcast) into one uint64 [n] by absorbing them in turn."""
    result = np.zeros(1, dtype=np.uint64)
    for part in parts:
        result = mix64(result ^ np.asarray(part).astype(np.uint64))
    return result


def uniform(hashes: Array) -> Array:
    """Read uint64 hashes [n] as float64 in [0, 1)."""
    return np.asarray((hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def split_lognormal(rng: np.random.Generator, n: int, t10: float, t50: float, t90: float) -> Array:
    """Draw n positive values with the given 10 %, 50 % and 90 % points (two half-lognormals)."""
    z = rng.standard_normal(n)
    low, high = np.log(t50 / t10) / 1.2816, np.log(t90 / t50) / 1.2816
    return np.asarray(t50 * np.exp(np.where(z < 0, low, high) * z))


def power_law_delay(rng: np.random.Generator, n: int, start: float, exponent: float, cap: float) -> Array:
    """Draw n delays with survival (1 + t/start)^-exponent, truncated at cap (same unit as start)."""
    floor = (1.0 + cap / start) ** -exponent
    u = floor + (1.0 - floor) * rng.random(n)
    return np.asarray(start * (u ** (-1.0 / exponent) - 1.0))


def zipf_rank(u: Array, n: int, shift: float = 3.0) -> Array:
    """Turn uniform numbers [n] into ranks 0 to n - 1 with probability about 1/(rank + shift), int64."""
    rank = shift * ((1.0 + n / shift) ** u - 1.0)
    return np.minimum(rank.astype(np.int64), n - 1)
