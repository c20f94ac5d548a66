"""One run: what is asked for, what this machine can hold, the devices, and the host that opens and closes all."""
