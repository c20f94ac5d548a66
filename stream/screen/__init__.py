"""The mixer screen: a process of its own that attaches to a running engine. The only room that imports textual."""
