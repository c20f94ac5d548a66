"""A JACK client that plays into a host and records what it plays; a test is skipped where there is no JACK."""

import pytest

pytest.importorskip("jack", reason="libjack is not installed (Debian: libjack-jackd2-0)", exc_type=OSError)

from benchmarks.loopback import Loopback

__all__ = ["Loopback"]
