"""``make screenshots``: every view of the console, with phantoms at a node of its own."""
