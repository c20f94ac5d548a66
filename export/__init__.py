"""From a published checkpoint to a model file. torch and demucs are imported in the files that trace and verify, nowhere else."""
