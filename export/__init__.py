"""From a published checkpoint to a model file. torch and demucs are imported in the files that trace or verify."""
