"""Songs and stems as files: what is read, through libsndfile or ffmpeg, and what is written."""
