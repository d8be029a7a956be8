"""The node calls for help by itself: by webhook and by mail."""
