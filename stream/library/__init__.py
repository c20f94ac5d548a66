"""Libraries of other programs, and a folder's songs: read, never written; and the index that is searched."""
