"""From a request for a provider to what computes: checked against the CPU provider, for `auto` timed; asked once."""

import math
from collections.abc import Iterable
from dataclasses import replace

from stream.separators.networks.providers import here
from stream.separators.opening import Opening
from stream.tuning.cache import load_answer, save_answer
from stream.tuning.candidates import Asked, Outcome, candidates
from stream.tuning.load import watched
from stream.tuning.settings import Settings, known, last, placed
from stream.tuning.threadcount import tuned


def select_provider(asked: Asked, timed: bool = True) -> Opening:
    """The opening with all of that settled; what was found out before is not asked again.

    timed: whether `auto` may take the time to find out; if not, it is what it was the last time, or the CPU
    Raises ValueError for a named provider that fails, with why.
    """
    opening = asked.opening
    if not opening.files or opening.provider == "cpu":
        return replace(opening, provider="cpu" if opening.provider == "auto" else opening.provider)
    cached = known(asked)
    if cached is not None:
        if opening.provider == "auto":
            asked.say(f"using {cached}, as timed earlier")
        return cached.of(opening)
    if opening.provider == "auto" and not timed:
        return _as_last(asked)
    if opening.provider != "auto":
        found = _checked(asked)
        save_answer(placed(asked), found)
    else:
        found = timed_settings(asked, candidates(asked, here()))
    return found.of(opening)


def timed_settings(asked: Asked, outcomes: Iterable[Outcome]) -> Settings:
    """The fastest of all, its threads tuned unless the machine is too busy to tell; kept.

    outcomes: of a contest that is going on
    """
    with watched() as load:
        found = _fastest(asked, outcomes)
    if not load.busy:
        with watched() as load:
            threads = tuned(asked, found.provider)
    if load.busy:
        found = replace(found, doubtful=True)
        asked.say(f"using {found}; {load} during the timing, so the number of threads stays as it is and is "
                  "timed again in an hour")
    else:
        found = replace(found, threads=threads)
        asked.say(f"using {found}")
    save_answer(placed(asked), found)
    save_answer(last(asked.opening), found)
    return found


def _fastest(asked: Asked, outcomes: Iterable[Outcome]) -> Settings:
    """The fastest of those that are trusted; says what became of each."""
    asked.say("timing the providers on this machine (once) ...")
    best = Settings("cpu", asked.opening.threads, 1.0, math.inf)
    for outcome in outcomes:
        _note(asked, outcome)
        trial = outcome.trial
        if outcome.why or trial is None:
            asked.say(f"not using provider {outcome.provider}: {outcome.why}")
        elif outcome.provider != "cpu":
            asked.say(f"provider {outcome.provider}: {trial.ratio:.2f} of the CPU provider's time, stems agree to "
                      f"{trial.agrees_db:.0f} dB")
            if trial.ratio < best.ratio:
                best = replace(best, provider=outcome.provider, ratio=trial.ratio, agrees_db=trial.agrees_db)
    return best


def _note(asked: Asked, outcome: Outcome) -> None:
    for note in outcome.notes:
        asked.say(note)


def _checked(asked: Asked) -> Settings:
    """The provider that was named, if its stems are right. Raises ValueError."""
    name = asked.opening.provider
    asked.say(f"comparing provider {name} with the CPU provider (once) ...")
    (outcome,) = candidates(asked, [name])
    _note(asked, outcome)
    if outcome.why or outcome.trial is None:
        raise ValueError(f"provider {name} cannot be used: {outcome.why}")
    return Settings(name, asked.opening.threads, outcome.trial.ratio, outcome.trial.agrees_db)


def _as_last(asked: Asked) -> Opening:
    """What `auto` was the last time it was timed for this model, if its stems are right here too; or the CPU."""
    found = load_answer(last(asked.opening), Settings)
    opening = replace(asked.opening, provider=found.provider if found else "cpu")
    try:
        return select_provider(replace(asked, opening=opening))
    except ValueError as error:
        asked.say(f"{error}; using the CPU provider instead")
        return replace(opening, provider="cpu")
