"""The image viewer: a growing volume, its planes, what is drawn on them, and the widgets.

What the pixels need (``stack`` to ``loader``) knows no Qt; ``pane`` and ``viewer`` are its widgets.
"""
