"""MIDI controllers: messages, maps of what they mean, ports that come and go, and what is shown on the controller."""
