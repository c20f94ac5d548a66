"""Files: their text as editors leave it, and places that one process writes at a time. It knows no other room."""
