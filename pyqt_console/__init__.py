"""The radiologists' console. It will speak HTTP only; this version holds no views yet."""
