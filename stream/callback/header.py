"""What the callback knows: one record, whose address is PortAudio's `userdata`. It reaches all from there.

The numbers are int64; an array is there by its address (numpy arrays that the engine keeps). In compiled code a field
is `h.route`, in Python `header["route"]`.

[audio-thread]
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from stream.native.atomics import store_release
from stream.native.memory import Record, fill, floats, integers, layout

FLAGS = "input_underflows", "input_overflows", "output_underflows", "output_overflows"  # PortAudio's, from bit 0 on
RING = layout(  # all 0 where there is none
    "data",  # address of its frames, float32 (frames, channels), unless it says otherwise
    "counter",  # address of int64 (8,), of which [0] is used: frames written
    "mask")  # frames - 1
INSERT = layout("ready", ring=RING)  # of one stem; `ready` is how far the ring had been written at this block's start

# what is heard of one signal and its stems, through a mixer of its own
PLAYER = layout(
    # counters, and what it remembers of the block before; one writer: the callback
    "late_blocks", "late_frames", "misses", "insert_misses",
    "last_missed_hop",
    "targets_taken",  # number of the mixer's targets that were taken over last
    "ramp_left",  # frames
    "stems_present",  # 1, or 0 where they are late
    "delay",  # frames from a frame's way in to its way out; it may grow
    # parameters, set before the stream starts
    "stems",  # how many
    "fade_frames", "ramp_frames",
    "dry_when_late",  # 1 where the dry signal is heard instead of late stems
    "hop", "separator_latency", "model_rate", "device_rate",
    "has_inserts",  # whether any stem has one
    "behind",  # frames by which what is mixed is later than the positions it is asked for: decks, for inserts' sake
    # addresses: of the console's state, memory of equalizers and rows (dsp.console); of the peaks of buses, float32
    # (stems + BUSES, 2); of inserts, INSERT (stems,), zeros where a stem has none
    "mixer_state", "equalizer_memory", "rows", "peaks", "inserts",
    dry_ring=RING, stem_ring=RING,
    tap_ring=RING,  # for recordings
    target_ring=RING,  # float32 (stems, WIDTH) each, all that is wanted of the mixer at once
    event_ring=RING)  # int64 (3,) each: what happened, its value, its position

# one of a deck's two rings: float32 (frames, REEL + 2 · stems) each: the song as it is heard, left and right, how much
# of the stems is there, and all stems
REEL = 3
# a player that is rendered ahead by a thread of its own, the deck's; its player's dry and stem rings are not used
DECK = layout(
    # one writer: the callback
    "swaps",  # how many it has taken over; the last bit is the ring that is heard
    "shift", "next_shift",  # a device position less the frame of the ring that is heard there, and of the other one
    "fade",  # frames that the swap takes which goes on
    "fade_from",  # the position at which it began to hear the other ring; NEVER while it hears one only
    "late_blocks", "late_frames", "late_counted",  # the last: whether this block has been
    # addresses of int64 (8,), of which [0] is used: how many swaps the deck wants; how many are over, so that the ring
    # which was heard before is the deck's again
    "wanted", "taken",
    # address of int64 (2,): of each ring, the device position of its frame 0; NEVER where it is heard from there on as
    # soon as the swap is taken over
    "anchors",
    "fades",  # address of int64 (2,): frames over which each ring is faded in when it is swapped in; 1 is at once
    "rings",  # address of both, RING (2,)
    sent=RING,  # what is heard, as the rings have it, for inserts; only where there are some (`behind` of the player)
    player=PLAYER)

# what the players come together in: a mixer whose stems they are, and what is around it (dsp.channelstrip)
MASTER = layout(
    # one writer: the callback
    "delayed_at",  # where in the lines of all buses that are not limited
    # parameters: frames by which all buses come later, for the limiter's sake; the row of the bus `booth` in `buses`
    "lookahead", "booth",
    # addresses: of the ramped state, float32 (CHANNEL_PARTS, players + 1, CHANNEL_WIDTH), and what is wanted of it, one
    # for each of the mixer's targets; of isolators, float32 (players, 2, ISOLATOR_MEMORY), and their crossovers;
    # of what is on its way, float32 (bus_rows, lookahead); of limiters' states, of the mix and of the cue bus
    "channels", "wanted_channels", "isolators", "crossovers", "lines", "mix_limiter", "cue_limiter",
    player=PLAYER)

HEADER = layout(
    # counters, one writer: the callback
    "blocks", "feed_underruns", *FLAGS,
    "cleaned",  # samples that could not be sound
    # parameters, set before the stream starts, and while nobody calls
    "in_channels", "out_channels",
    "max_block",  # frames; longer ones are served in pieces
    "max_delay",  # of the player, that may grow
    "feed_end",  # frames of the file that is read ahead, in all
    # frames that the device hands over at once: as many as the player's delay was made for, which with it grows (one
    # writer: the callback), and as many as come now (one writer: the device's callback)
    "burst", "incoming_burst",
    "fade_in",  # whether the next frames do, since the delay has grown or the device was away
    # the position from which on frames come that do not follow those before them, since the device was away; 0 where
    # none was
    "discontinuity",
    "route",  # address of what each output channel has, int64 (out_channels,)
    # addresses of other devices' bridges (stream.callback.bridge): the input's, 0 where there is none; how many outputs
    # there are which have buses of their own, and the address of theirs, int64 (other_outputs,)
    "other_input", "other_outputs", "output_bridges",
    "live",  # whether the input and its stems are heard
    # how many decks there are; addresses of theirs, DECK (decks,), of the compiled code that plays them, of this header
    "decks", "deck_records", "deck_stage", "own",
    # what devices can hear: the address of all buses, float32 (bus_rows, PIECE), two rows of each
    "buses", "bus_rows",
    "tap_pairs",  # how many buses a recording of decks has: the master's, the mix first; 0 where nobody records
    tap_ring=RING,  # of these
    feed_ring=RING,  # of the file that is read ahead
    player=PLAYER,  # the input
    master=MASTER)  # where there are decks

SILENT, MONO = -1, -2  # in `route`, 2 · bus + side: nothing; MONO - 2 · bus is both sides of a bus together
TARGETS_TAKEN, STEMS_PRESENT = 0, 1  # events: the mixer's targets of this number were taken over, stems_present is this
NEVER = -1


def connect(ring: Record, data: npt.NDArray[Any], counter: npt.NDArray[np.int64]) -> None:
    """Have a ring of a record be this one, frames (a power of two) first. While nobody reads it. [main-thread]"""
    fill(ring, data=data.ctypes.data, counter=counter.ctypes.data, mask=len(data) - 1)


@njit(error_model="numpy", inline="always")
def frames(ring: Any, channels: Any) -> Any:
    """All frames of a ring, float32 (frames, channels)."""
    return floats(ring.data, (ring.mask + 1, channels))


@njit(error_model="numpy")
def part(ring: Any, channels: Any, at: Any, n: Any) -> Any:
    """The frames of a ring from a position on, float32 (n, channels), which do not go beyond its end."""
    start = at & ring.mask
    return frames(ring, channels)[start : start + n]


@njit(error_model="numpy", inline="always")
def counter(ring: Any) -> Any:
    """The counter of a ring, int64 (8,)."""
    return integers(ring.counter, (8,))


@njit(error_model="numpy")
def log_event(p: Any, what: Any, value: Any, position: Any) -> None:
    """Leave word of what happened to a player for whoever keeps the log."""
    ring = p.event_ring
    written = counter(ring)
    rows, at = integers(ring.data, (ring.mask + 1, 3)), written[0]
    rows[at & ring.mask, 0] = what
    rows[at & ring.mask, 1] = value
    rows[at & ring.mask, 2] = position
    store_release(written, 0, at + 1)
