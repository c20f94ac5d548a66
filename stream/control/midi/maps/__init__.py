"""What controllers' messages mean, as TOML files: read, checked, written; and those that are ready."""
