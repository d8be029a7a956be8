"""Studies that a PACS has: searched there, and fetched from there to be analysed."""
