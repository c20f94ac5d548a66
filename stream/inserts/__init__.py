"""Effects that a stem is sent through: how they are named, how they are loaded, and the process that they run in."""
