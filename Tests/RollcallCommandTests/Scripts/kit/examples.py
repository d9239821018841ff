"""Helpers for the checks of the examples. Standard library only."""

import os
from kit.simulated_space import SimulatedSpace

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../../.."))
EXAMPLES = f"{ROOT}/examples"


def simulated(rollcall, people, steps=(), name="examples"):
    """A space with one conference of that name."""
    room = dict(friendly_name=name, people=[dict(name=one) for one in people], steps=list(steps))
    return SimulatedSpace(rollcall, dict(rooms=[room]))


def environment(space):
    """Returns the environment for an example, independent of our own."""
    return dict(space.account, SIGNALWIRE_SPACE_URL=space.origin, PATH=os.environ["PATH"], HOME="/nowhere")


def text(path):
    """Returns the contents of a file; nothing if it does not exist yet."""
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return ""
