"""How the node is: what it counts, what it measures, whether it is ready, whom it alerts."""
