"""Is a series complete, and is it fit to be analysed?"""
