"""What is wanted of the mixer: strips, faders, routes and scenes, as the callback takes them over."""
