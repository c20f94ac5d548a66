"""A JACK server of one's own for a test, which is skipped where there is none to be had."""

from __future__ import annotations

import shutil

import pytest

jack = pytest.importorskip("jack", reason="libjack is not installed (Debian: libjack-jackd2-0)", exc_type=OSError)

from benchmarks import machine  # noqa: E402 - it imports jack, which may have to be skipped first
from benchmarks.machine import realtime_allowed  # noqa: E402

__all__ = ["Jackd", "jack", "realtime_allowed"]


class Jackd(machine.Jackd):
    """benchmarks.machine.Jackd; skips the test where jackd is not installed."""

    def __enter__(self) -> Jackd:
        if shutil.which("jackd") is None:
            pytest.skip("jackd is not installed (Debian: apt-get install jackd2)")
        return super().__enter__()
