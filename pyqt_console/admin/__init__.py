"""Administration: a window of pages, each for one thing that the node lets this user see."""
