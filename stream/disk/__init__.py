"""Files: text as editors leave it, places that one process writes at a time, our own folders. It knows no room."""
